// SPDX-License-Identifier: Apache-2.0
// A load ends with the same bytes however often it was interrupted, and wherever: SQLite makes the same pages of the
// same commits.
#include "messages/record_pass.hpp"
#include "tests/migrations/load_bench.hpp"

namespace dfi::migrations {
namespace {

constexpr std::uint64_t many = 131'072 + 5000;

class InterruptedLoads : public LoadBench {
 protected:
  std::string bytes() const { return sha256_file(root / "run/FAXKA.db"); }
};

TEST_F(InterruptedLoads, GoOnAtTheCheckpointTheyCameTo) {
  auto input = records1(many);
  for (std::uint64_t bad : {7u, 100'000u, 132'000u}) spoil(input, bad);
  write_input(input);
  on_error = OnError::reject;
  max_rejects.records = 3;
  auto whole = run();
  auto expected = bytes(), rejects = read_file(root / "run/FAXKA.db.rejects");
  for (int at = 1; at <= 2; ++at) {
    forget_results();
    auto first = supervisor();
    first.interrupt_after = at;
    EXPECT_EQ(refusal_of([&] { run(first); }).message().id, msg::interrupted);
    auto result = run();
    EXPECT_EQ(result.went_on_at, at == 2 ? many + 1 : 131'073u);
    EXPECT_EQ(bytes(), expected);
    EXPECT_EQ(read_file(root / "run/FAXKA.db.rejects"), rejects);
    EXPECT_EQ(result.totals[1].after, whole.totals[1].after);
    EXPECT_EQ(result.written, many - 3);
  }
}

TEST_F(InterruptedLoads, SurviveAKillAtEveryDurableOperation) {
  // Most cost nothing and so make one row only.
  auto input = records1(500);
  for (std::uint64_t id = 501; id <= 131'072 + 500; ++id) input += record1(id, "Meier", 0);
  spoil(input, 7);
  write_input(input);
  on_error = OnError::reject;
  max_rejects.records = 3;
  policy.threads = 2;
  run();
  auto expected = bytes();
  auto names = files();
  for (long at = 1;; ++at) {
    forget_results();
    if (!killed_at(at, [&] { run(); })) break;
    run();
    EXPECT_EQ(bytes(), expected) << "killed at operation " << at;
    EXPECT_EQ(files(), names);
  }
}

TEST_F(InterruptedLoads, BeginAnewIfSomebodyWroteIntoTheShadow) {
  write_input(records1(133'000));
  std::vector<std::function<void()>> changes = {
      [&] {
        SQLite::Database db((root / "run/FAXKA.db").string(), SQLite::OPEN_READWRITE);
        db.exec("UPDATE FAXKA SET KANAME = 'falsch' WHERE KAID = 17");
      },
      [&] { durable::write_file(root / "run/FAXKA.db", "no SQLite file any more"); },
      [&] { fs::resize_file(root / "run/FAXKA.db", 40'960); },
      [&] { fs::remove(root / "run/FAXKA.db"); },
      [&] { definitions = "d2"; },
      [&] { durable::write_file(file.path, record1(1, "Anders", 0) + records1(132'999, 2)); },
      [&] { durable::write_file(file.path, records1(132'999) + record1(133'000, "Anders", 1)); }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    forget_results();
    auto keeper = supervisor();
    keeper.interrupt_after = 2;
    refusal_of([&] { run(keeper); });
    changes[i]();
    EXPECT_EQ(run().went_on_at, 0u) << i;
    EXPECT_EQ(value("SELECT count(*) FROM FAXKA WHERE KANAME = 'falsch'"), "0 ");
  }
}

/// Dies when so many bytes of the input are read, in the middle of a transaction: in the round in which it begins, or
/// the next one.
class Mortal : public FileSupervisor {
 public:
  Mortal(const fs::path& path, bool next_round, std::uint64_t bytes)
      : FileSupervisor(path), wait_(next_round), bytes_(bytes) {}
  void progress(std::uint64_t done, std::uint64_t, std::uint64_t) override {
    if (done < last_) wait_ = false;
    last_ = done;
    if (!wait_ && done >= bytes_) ::raise(SIGKILL);
  }

 private:
  bool wait_;
  std::uint64_t bytes_, last_ = 0;
};

// Keys in disorder (B-trees split everywhere, more pages than the cache holds), what tables refuse, and a second round
// without the duplicates that the first one found.
TEST_F(InterruptedLoads, LeaveTheSameBytesThoughKilledInTheMiddleOfTransactions) {
  constexpr std::uint64_t count = 150'007;
  std::string input;
  for (std::uint64_t i = 0; i < count; ++i)
    input += record1(i * 7'919 % count, i % 50'000 == 17 ? "verboten" : fmt::format("Meier {}", i * 31 % 997), i % 3);
  for (std::uint64_t i = 1; i <= 5; ++i) input += record1(i * 1000, "Doppelt", 1);
  write_input(input);
  const auto both_unique = program_of({step1to2(), load_step()});
  const auto load = [&](FileSupervisor& keeper) {
    return run_load_pass(pass(both_unique, "FAXKA.db"), load_schema, 3, policy, keeper);
  };
  on_error = OnError::reject;
  max_rejects.records = 20;
  auto undisturbed = supervisor();
  load(undisturbed);
  const auto expected = results();
  const std::vector<std::pair<bool, double>> deaths{
      {false, 0.2}, {false, 0.97}, {true, 0.1}, {false, 0.6}, {false, 0.9}};
  for (unsigned threads : {1u, 2u}) {
    policy.threads = threads;
    forget_results();
    for (const auto& [next_round, share] : deaths) {
      const auto status = in_child([&] {
        const auto bytes = static_cast<std::uint64_t>(share * static_cast<double>(input.size()));
        Mortal keeper(root / "checkpoint", next_round, bytes);
        load(keeper);
      });
      EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << share;
    }
    auto last = supervisor();
    const auto result = load(last);
    EXPECT_EQ(result.rejected, 3u + 5u);
    EXPECT_EQ(result.went_on_at, 131'073u);
    EXPECT_EQ(results(), expected) << threads << " threads";
  }
}

}  // namespace
}  // namespace dfi::migrations
