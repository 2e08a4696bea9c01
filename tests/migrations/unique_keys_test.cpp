// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/unique_keys.hpp"

#include <random>
#include <set>

#include "messages/record_pass.hpp"
#include "migrations/engine/file_digest.hpp"
#include "tests/migrations/record_bench.hpp"

namespace dfi::migrations {
namespace {

class UniqueKeys : public RecordBench {
 protected:
  RecordPassResult run(const records::Program& program) {
    auto keeper = supervisor();
    auto result = run_record_pass(pass(program), policy, keeper);
    refusals = keeper.refusals;
    return result;
  }
  /// Keys in any order; `repeated` of them stand twice.
  std::string shuffled(std::uint64_t count, std::uint64_t repeated) {
    std::vector<std::uint64_t> ids;
    for (std::uint64_t i = 1; i <= count - repeated; ++i) ids.push_back(i);
    for (std::uint64_t i = 1; i <= repeated; ++i) ids.push_back(i * 3);
    std::shuffle(ids.begin(), ids.end(), std::mt19937(17));
    std::string bytes;
    std::set<std::uint64_t> seen;
    duplicates.clear();
    for (auto id : ids) {
      if (!seen.insert(id).second) duplicates.push_back(bytes.size() / 40 + 1);
      bytes += record1(id, "Meier", id % 100);
    }
    return bytes;
  }

  std::vector<std::uint64_t> duplicates;  // later records, from 1 on
  std::vector<Refusal> refusals;
};

TEST_F(UniqueKeys, ThatRiseOrNotMayStandInAnyOrder) {
  auto program = program_of({step1to2()});
  write_input(shuffled(20'000, 0));
  EXPECT_EQ(run(program).written, 20'000u);
  EXPECT_EQ(results().size(), 1u) << "no side files";
}

TEST_F(UniqueKeys, RepeatedAbortAtTheFirstLaterRecord) {
  auto program = program_of({step1to2()});
  write_input(shuffled(20'000, 5));
  auto refused = refusal_of([&] { run(program); });
  EXPECT_EQ(refused.message().id, msg::record_refused);
  EXPECT_EQ(refused.arg("kind"), "duplicate_key");
  EXPECT_EQ(refused.arg("record"), std::to_string(duplicates.front()));
  EXPECT_EQ(refused.arg("field"), "KAID");
  EXPECT_EQ(refused.arg("field_offset"), "0");
  EXPECT_EQ(refused.arg("field_length"), "9");
  EXPECT_EQ(refused.arg("converted"), "20000");
  EXPECT_NE(refused.arg("reason").find("KAID"), std::string::npos);
}

TEST_F(UniqueKeys, RepeatedOneBehindTheOtherAreFoundToo) {
  auto program = program_of({step1to2()});
  write_input(record1(1, "A", 1) + record1(2, "B", 1) + record1(2, "C", 1) + record1(3, "D", 1));
  auto refused = refusal_of([&] { run(program); });
  EXPECT_EQ(refused.arg("record"), "3");
}

TEST_F(UniqueKeys, RepeatedAreRejectedAndTheFirstRecordsStay) {
  auto program = program_of({step1to2()});
  auto input = shuffled(20'000, 40);
  spoil(input, 11);
  write_input(input);
  on_error = OnError::reject;
  max_rejects.records = 41;
  std::vector<std::string> expected;
  for (unsigned threads : {1u, 3u}) {
    forget_results();
    policy.threads = threads;
    auto result = run(program);
    EXPECT_EQ(result.written, 20'000u - 41);
    EXPECT_EQ(result.totals[0].before, result.totals[0].after);
    std::vector<std::uint64_t> told;
    for (const auto& refusal : refusals)
      if (refusal.kind == "duplicate_key") told.push_back(refusal.record);
    EXPECT_EQ(told, duplicates);
    EXPECT_EQ(refusals.size(), 41u) << "each is told once";
    EXPECT_EQ(fs::file_size(root / "run/FAXKA.rejects"), 41u * 40);
    if (expected.empty()) expected = results();
    EXPECT_EQ(results(), expected);
  }
  EXPECT_EQ(expected.size(), 3u) << "shadow, rejects, lines";
}

TEST_F(UniqueKeys, RepeatedCountForTheLimit) {
  auto program = program_of({step1to2()});
  write_input(shuffled(5000, 3));
  on_error = OnError::reject;
  max_rejects.records = 2;
  EXPECT_EQ(refusal_of([&] { run(program); }).message().id, msg::too_many_rejects);
}

TEST_F(UniqueKeys, MayRepeatIfTheDefinitionAllowsIt) {
  auto step = step1to2();
  records::Allowance allowance;
  allowance.field = "KAID";
  allowance.duplicates = true;
  step.allow = {allowance};
  auto program = program_of({step});
  write_input(shuffled(5000, 3));
  EXPECT_EQ(run(program).written, 5000u);
}

TEST_F(UniqueKeys, SurviveAKillAtEveryDurableOperation) {
  auto program = program_of({step1to2()});
  write_input(shuffled(131'072 + 4096, 4));
  on_error = OnError::reject;
  max_rejects.records = 4;
  policy.threads = 2;
  run(program);
  auto expected = results();
  for (long at = 1;; ++at) {
    forget_results();
    if (!killed_at(at, [&] { run(program); })) break;
    run(program);
    EXPECT_EQ(results(), expected) << "killed at operation " << at;
  }
}

// The first record with a key fails in the second step: it keeps the key all the same, as in a pass for each step.
TEST_F(UniqueKeys, OfFusedStepsAreThoseOfAPassForEachStep) {
  std::string input = record1(5, "Lang, sehr lang, zu l", 1).substr(0, 40);
  for (std::uint64_t i = 0; i < 300; ++i)
    input += record1(i * 7 % 100, i % 13 == 0 ? "zwanzig Zeichen lang" : "kurz", i % 90);
  write_input(input);
  on_error = OnError::reject;
  max_rejects.records = 1000;
  auto last = step2to3();
  last.unique = {"KACOST"};
  auto fused = program_of({step1to2(), last}), first = program_of({step1to2()}), second = program_of({last});
  auto result = run(fused);
  auto fused_bytes = read_file(root / "run/FAXKA");
  forget_results();
  auto one = run(first);
  fs::rename(root / "run/FAXKA", root / "FAXKA.2");
  forget_results();
  auto step = pass(second);
  step.input = root / "FAXKA.2";
  auto keeper = supervisor();
  auto two = run_record_pass(step, policy, keeper);
  EXPECT_EQ(fused_bytes, read_file(root / "run/FAXKA"));
  EXPECT_EQ(result.rejected, one.rejected + two.rejected);
  EXPECT_GT(one.rejected, 100u);
  EXPECT_GT(two.rejected, 8u);
}

TEST_F(UniqueKeys, AreSortedOutsideOfMemory) {
  PairSorter sorter(root / "run");
  std::mt19937_64 random(17);
  std::vector<PairSorter::Pair> pairs;
  for (std::uint64_t i = 0; i < 1'700'000; ++i) pairs.push_back({random() % 1'000'000, i});
  for (const auto& pair : pairs) sorter.add(pair);
  EXPECT_TRUE(fs::is_empty(root / "run")) << "its file has no name";
  std::sort(pairs.begin(), pairs.end());
  std::size_t at = 0;
  bool equal = true;
  sorter.each([&](PairSorter::Pair pair) { equal = equal && at < pairs.size() && pairs[at++] == pair; });
  EXPECT_TRUE(equal);
  EXPECT_EQ(at, pairs.size());
}

TEST_F(UniqueKeys, RiseOnlyIfEachIsGreaterThanTheOneBefore) {
  records::KeyRun first, second, repeated;
  first.add("A");
  first.add("B");
  second.add("C");
  repeated.add("C");
  records::KeyRun all;
  all.add(first);
  all.add(second);
  all.add(records::KeyRun());  // a chunk without a converted record
  EXPECT_TRUE(all.rising);
  auto kept = key_run_of(state_of(all));
  kept.add(repeated);
  EXPECT_FALSE(kept.rising);
  first.add("B");
  EXPECT_FALSE(first.rising);
}

TEST_F(UniqueKeys, ExclusionsAreFoundByRecord) {
  Exclusions exclusions(root / "run/excluded");
  EXPECT_TRUE(exclusions.among(0, 100).empty());
  PairSorter some(root / "run"), more(root / "run");
  for (std::uint64_t record : {70u, 5u, 9000u}) some.add(Exclusions::pair_of({record, 1, 2}));
  exclusions.add(some);
  more.add(Exclusions::pair_of({6, 3, 0}));
  exclusions.add(more);
  auto found = exclusions.among(5, 65);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].record, 5u);
  EXPECT_EQ(found[0].first, 1u);
  EXPECT_EQ(found[0].step, 2u);
  EXPECT_EQ(found[1].record, 6u);
  Exclusions again(root / "run/excluded");
  EXPECT_TRUE(again.go_on(exclusions.state()));
  EXPECT_EQ(again.among(0, 10'000).size(), 4u);
  EXPECT_FALSE(fs::is_empty(root / "run"));
  again.start_anew();
  EXPECT_TRUE(fs::is_empty(root / "run"));
}

}  // namespace
}  // namespace dfi::migrations
