// SPDX-License-Identifier: Apache-2.0
// Interrupted passes: by an error, by SIGKILL, by a full disk; and what makes one begin anew.
#include <set>

#include "messages/record_pass.hpp"
#include "migrations/engine/file_digest.hpp"
#include "tests/migrations/record_bench.hpp"

namespace dfi::migrations {
namespace {

using InterruptedPasses = RecordPasses;
constexpr std::uint64_t many = 2 * 131'072 + 5000;  // two checkpoints and a rest

TEST_F(InterruptedPasses, GoesOnAtTheCheckpointItCameTo) {
  auto input = records1(many);
  for (std::uint64_t bad : {7u, 140'000u, 265'000u}) spoil(input, bad);
  write_input(input);
  on_error = OnError::reject;
  max_rejects.records = 3;
  auto whole = run();
  auto expected = results();
  for (int at = 1; at <= 3; ++at) {
    forget_results();
    auto first = supervisor(), second = supervisor();
    first.interrupt_after = at;
    EXPECT_EQ(refusal_of([&] { run(first); }).message().id, msg::interrupted);
    policy.threads = static_cast<unsigned>(at);  // another number of threads than before
    auto result = run(second);
    EXPECT_EQ(result.went_on_at, at == 3 ? many + 1 : static_cast<unsigned>(at) * 131'072u + 1);
    EXPECT_EQ(results(), expected) << at;
    EXPECT_EQ(result.output_digest, whole.output_digest);
    EXPECT_EQ(result.input_digest, whole.input_digest);
    EXPECT_EQ(result.totals[0].before, whole.totals[0].before);
    EXPECT_EQ(result.rejected, 3u);
    std::set<std::uint64_t> told;  // behind the checkpoint perhaps twice, but none is kept back
    for (const auto* refusals : {&first.refusals, &second.refusals})
      for (const auto& refusal : *refusals) told.insert(refusal.record);
    EXPECT_EQ(told.size(), 3u);
  }
}

TEST_F(InterruptedPasses, SurvivesAKillAtEveryDurableOperation) {
  auto input = records1(many);
  spoil(input, 7);
  spoil(input, 140'000);
  write_input(input);
  on_error = OnError::reject;
  max_rejects.records = 3;
  policy.threads = 2;
  run();
  auto expected = results();
  long at = 1;
  for (;; ++at) {
    forget_results();
    if (!killed_at(at, [&] { run(); })) break;
    run();
    EXPECT_EQ(results(), expected) << "killed at operation " << at;
  }
  EXPECT_GT(at, 15);
}

TEST_F(InterruptedPasses, BeginAnewIfWhatTheCheckpointSpeaksOfIsNotThere) {
  auto input = records1(many);
  constexpr unsigned bad = 500;  // their lines are several blocks
  for (unsigned record = 1; record <= bad; ++record) spoil(input, record);
  on_error = OnError::reject;
  max_rejects.records = bad;
  auto change = [](const fs::path& path, std::uint64_t offset) {
    auto bytes = read_file(path);
    bytes[offset] ^= 1;
    durable::write_file(path, bytes);
  };
  std::vector<std::pair<std::string, std::function<void()>>> changes = {
      {"a repaired record", [&] { change(file.path, 10'000 * 40 + 38); }},
      {"a changed shadow", [&] { change(root / "run/FAXKA", 5000 * 62); }},
      {"the end of the shadow is missing", [&] { fs::resize_file(root / "run/FAXKA", 130'000 * 62); }},
      {"no shadow", [&] { fs::remove(root / "run/FAXKA"); }},
      {"changed rejects", [&] { change(root / "run/FAXKA.rejects", 3); }},
      {"changed lines of rejects", [&] { change(root / "run/FAXKA.rejects.jsonl", 3); }},
      {"other definitions", [&] { definitions = "d2"; }},
      {"another program's checkpoint", [&] { durable::write_file(root / "checkpoint", R"({"position": 17})"); }},
      {"a longer file", [&] { durable::write_file(file.path, input + record1(999'999'999, "Neu", 1)); }}};
  for (const auto& [what, happens] : changes) {
    forget_results();
    write_input(input);
    definitions = "d1";
    auto keeper = supervisor();
    keeper.interrupt_after = 1;
    refusal_of([&] { run(keeper); });
    happens();
    auto result = run();
    EXPECT_EQ(result.went_on_at, 0u) << what;
    EXPECT_EQ(result.rejected, bad) << what;
    EXPECT_TRUE(has_digest(root / "run/FAXKA", result.output_digest)) << what;
  }
}

TEST_F(InterruptedPasses, TellOfNoRecordBeforeTheRestIsProven) {
  auto step = step1to2();
  step.unique.clear();  // else they are told at the end
  program.emplace(program_of({step}));
  auto input = records1(many);
  spoil(input, 140'000);
  const auto go_on_after_a_change = [&](OnError rule) {
    forget_results();
    write_input(input);
    on_error = rule;
    auto keeper = supervisor();
    keeper.interrupt_after = 1;
    refusal_of([&] { run(keeper); });
    auto changed = input;
    spoil(changed, 10'000);
    write_input(changed);
  };
  max_rejects.records = 2;
  go_on_after_a_change(OnError::reject);
  auto keeper = supervisor();
  run(keeper);
  ASSERT_EQ(keeper.refusals.size(), 2u) << "each once";
  EXPECT_EQ(keeper.refusals[0].record, 10'000u);
  EXPECT_EQ(keeper.refusals[1].record, 140'000u);
  max_rejects.records = 1;
  go_on_after_a_change(OnError::reject);
  EXPECT_EQ(error().arg("rejected"), "2") << "counted from the start";
  go_on_after_a_change(OnError::abort);
  EXPECT_EQ(error().arg("record"), "10000") << "the first one, which only a pass from the start can find";
}

TEST_F(InterruptedPasses, FindAChangeAlsoAtALaterCheckpoint) {
  auto input = records1(many);
  write_input(input);
  auto first = supervisor();
  first.interrupt_after = 1;
  refusal_of([&] { run(first); });
  input[10'000 * 40 + 38] ^= 1;
  write_input(input);
  auto second = supervisor();  // interrupted at a checkpoint behind, or as soon as it knows
  second.interrupt_after = 1;
  refusal_of([&] { run(second); });
  auto result = run();
  EXPECT_EQ(result.went_on_at, 0u);
  EXPECT_TRUE(has_digest(file.path, result.input_digest));
  auto after = results();
  forget_results();
  run();
  EXPECT_EQ(after, results());
}

/// Wants an end as soon as it is asked.
class Impatient : public FileSupervisor {
 public:
  using FileSupervisor::FileSupervisor;
  void progress(std::uint64_t, std::uint64_t, std::uint64_t) override { throw Error(msg::interrupted); }
};

TEST_F(InterruptedPasses, EndWhileTheirStartIsBeingProven) {
  auto input = records1(many);
  spoil(input, 7);
  write_input(input);
  on_error = OnError::reject;
  max_rejects.records = 1;
  run();
  auto expected = results();
  forget_results();
  auto first = supervisor();
  first.interrupt_after = 2;
  refusal_of([&] { run(first); });
  Impatient second(root / "checkpoint");
  EXPECT_EQ(refusal_of([&] { run(second); }).message().id, msg::interrupted);
  auto third = supervisor();
  EXPECT_GT(run(third).went_on_at, 0u);
  EXPECT_EQ(results(), expected);
  EXPECT_EQ(third.refusals.size(), 1u);
}

TEST_F(InterruptedPasses, BeginAnewIfTheRulesNoLongerAllowWhatWasRejected) {
  auto input = records1(many);
  spoil(input, 7);
  spoil(input, 9);
  write_input(input);
  const auto go_on_with = [&](const Policy& stricter) {
    forget_results();
    on_error = OnError::reject;
    max_rejects.records = 3;
    policy = {};
    auto keeper = supervisor();
    keeper.interrupt_after = 1;
    refusal_of([&] { run(keeper); });
    policy = stricter;
  };
  Policy stricter;
  stricter.on_error = OnError::abort;
  go_on_with(stricter);
  auto e = error();
  EXPECT_EQ(e.message().id, msg::record_refused);
  EXPECT_EQ(e.arg("record"), "7");
  stricter = {};
  stricter.max_rejects = RejectLimit{1, 0};
  go_on_with(stricter);
  EXPECT_EQ(error().message().id, msg::too_many_rejects);
  stricter.max_rejects = RejectLimit{2, 0};
  go_on_with(stricter);
  EXPECT_EQ(run().went_on_at, 131'073u) << "what is still allowed is gone on with";
}

TEST_F(InterruptedPasses, GoOnAfterAFullDisk) {
  write_input(records1(many));
  policy.threads = 2;
  run();
  auto expected = results();
  forget_results();
  int status = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{200'000 * 62, 200'000 * 62};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    run();
  });
  EXPECT_EQ(WEXITSTATUS(status), 3) << "an error, no crash";
  EXPECT_EQ(run().went_on_at, 131'073u);
  EXPECT_EQ(results(), expected);
}

TEST_F(InterruptedPasses, KeepCheckpointsSmall) {
  write_input(records1(many));
  auto keeper = supervisor();
  run(keeper);
  EXPECT_EQ(keeper.saved, 3);
  EXPECT_LT(keeper.largest, 2000u);
}

}  // namespace
}  // namespace dfi::migrations
