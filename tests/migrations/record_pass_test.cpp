// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/record_pass.hpp"

#include <fstream>

#include "messages/record_pass.hpp"
#include "migrations/engine/file_digest.hpp"
#include "tests/migrations/record_bench.hpp"

namespace dfi::migrations {
namespace {

TEST_F(RecordPasses, WritesTheRecordsOfTheNewLevel) {
  write_input(record1(1, "M\xfcller", 1250) + record1(2, "Ober", 99));
  auto result = run();
  EXPECT_EQ(read_file(root / "run/FAXKA"), fmt::format("{:<11}{:<30}{:<12}{:<8}\n{:<11}{:<30}{:<12}{:<8}\n", "1",
                                                       "M\xfcller", "12.50", "N", "2", "Ober", "0.99", "N"));
  EXPECT_EQ(result.read, 2u);
  EXPECT_EQ(result.written, 2u);
  EXPECT_EQ(result.rejected, 0u);
  EXPECT_EQ(result.went_on_at, 0u);
  ASSERT_EQ(result.totals.size(), 1u);
  EXPECT_EQ(result.totals[0].conversion, "CVTKA2");
  EXPECT_EQ(result.totals[0].before, "13.49");
  EXPECT_EQ(result.totals[0].after, "13.49");
  EXPECT_EQ(results().size(), 1u) << "no side files";
}

TEST_F(RecordPasses, ConvertsAnEmptyFile) {
  write_input("");
  auto result = run();
  EXPECT_EQ(result.read, 0u);
  EXPECT_EQ(fs::file_size(root / "run/FAXKA"), 0u);
  EXPECT_TRUE(has_digest(root / "run/FAXKA", result.output_digest));
}

TEST_F(RecordPasses, MakesTheSameBytesOnAnyNumberOfThreads) {
  auto input = records1(30'000);
  for (std::uint64_t bad : {1u, 4096u, 4097u, 20'000u, 30'000u}) spoil(input, bad);
  write_input(input);
  policy.on_error = OnError::reject;
  policy.max_rejects = RejectLimit{5, 0};
  std::vector<std::string> first;
  std::string digest;
  for (unsigned threads : {1u, 2u, 5u, 0u}) {
    forget_results();
    policy.threads = threads;
    auto result = run();
    if (first.empty()) {
      first = results();
      digest = result.output_digest;
    }
    EXPECT_EQ(results(), first) << threads;
    EXPECT_EQ(result.output_digest, digest);
    EXPECT_EQ(result.written, 29'995u);
    EXPECT_TRUE(has_digest(file.path, result.input_digest));
    EXPECT_TRUE(has_digest(root / "run/FAXKA", result.output_digest)) << "though chunks had gaps";
  }
  EXPECT_EQ(first.size(), 3u);
}

TEST_F(RecordPasses, NameTheFirstBadRecordWhateverTheThreadsDid) {
  auto input = records1(140'000);
  for (std::uint64_t bad : {135'000u, 131'073u, 139'000u}) spoil(input, bad);
  write_input(input);
  for (unsigned threads : {1u, 2u, 5u}) {
    policy.threads = threads;
    auto refused = error();
    EXPECT_EQ(refused.message().id, msg::record_refused);
    EXPECT_EQ(refused.exit_code(), 30);
    EXPECT_EQ(refused.arg("conversion"), "CVTKA2");
    EXPECT_EQ(refused.arg("file"), "FAXKA");
    EXPECT_EQ(refused.arg("record"), "131073");
    EXPECT_EQ(refused.arg("length"), "40");
    EXPECT_EQ(refused.arg("offset"), "5242880");
    EXPECT_EQ(refused.arg("field"), "KACOST");
    EXPECT_EQ(refused.arg("field_offset"), "29");
    EXPECT_EQ(refused.arg("field_length"), "9");
    EXPECT_EQ(refused.arg("hex"), "303058303030303732");
    EXPECT_EQ(refused.arg("kind"), "bad_digit");
    EXPECT_EQ(refused.arg("converted"), "131072");
    EXPECT_EQ(refused.arg("records"), "140000");
    EXPECT_EQ(refused.arg("checkpoint"), "131072");
    EXPECT_FALSE(refused.arg("reason").empty());
    EXPECT_EQ(refused.trail().size(), 1u) << "the reason in the language of the reader";
  }
}

TEST_F(RecordPasses, KeepRejectedRecordsAsAFileOfTheOldLevelWithALineEach) {
  auto input = records1(10'000);
  spoil(input, 2);
  spoil(input, 9000);
  write_input(input);
  on_error = OnError::reject;
  max_rejects.share = 0.001;
  auto keeper = supervisor();
  auto result = run(keeper);
  EXPECT_EQ(result.read, 10'000u);
  EXPECT_EQ(result.written, 9998u);
  EXPECT_EQ(result.rejected, 2u);
  EXPECT_EQ(read_file(root / "run/FAXKA.rejects"), input.substr(40, 40) + input.substr(8999 * 40, 40));
  auto lines = read_file(root / "run/FAXKA.rejects.jsonl");
  auto line = parse_json(lines.substr(0, lines.find('\n')), "lines");
  EXPECT_FALSE(line.at("reason").get<std::string>().empty());
  line.erase("reason");
  EXPECT_EQ(line.dump(), R"({"file":"FAXKA","conversion":"CVTKA2","level":1,"record":2,"offset":40,"field":"KACOST",)"
                         R"("field_offset":29,"length":9,"hex":"303058303030303031","kind":"bad_digit",)"
                         R"("message":"record_bad_digit","args":{"hex":"30 30 58 30 30 30 30 30 31","value":"58"}})");
  ASSERT_EQ(keeper.refusals.size(), 2u);
  EXPECT_EQ(keeper.refusals[1].record, 9000u);
  EXPECT_EQ(keeper.refusals[1].offset, 8999u * 40 + 29);
}

TEST_F(RecordPasses, StopAboveTheLimitAndGoOnWithAHigherOne) {
  auto input = records1(140'000);
  for (std::uint64_t bad : {5u, 135'000u, 136'000u}) spoil(input, bad);
  write_input(input);
  on_error = OnError::reject;
  max_rejects.records = 2;
  auto refused = error();
  EXPECT_EQ(refused.message().id, msg::too_many_rejects);
  EXPECT_EQ(refused.exit_code(), 30);
  EXPECT_EQ(refused.arg("rejected"), "3");
  EXPECT_EQ(refused.arg("limit"), "2");
  policy.max_rejects = RejectLimit{3, 0};
  auto result = run();
  EXPECT_EQ(result.went_on_at, 131'073u);
  EXPECT_EQ(result.rejected, 3u);
  EXPECT_EQ(fs::file_size(root / "run/FAXKA.rejects"), 3u * 40);
}

TEST_F(RecordPasses, TellEveryBadRecordInItsOrderWhenCollecting) {
  auto input = records1(20'000);
  std::vector<std::uint64_t> bad, told;
  for (std::uint64_t record = 3; record <= 20'000; record += 7) bad.push_back(record);
  for (auto record : bad) spoil(input, record);
  write_input(input);
  policy.collect = true;
  policy.threads = 3;
  auto keeper = supervisor();
  auto result = run(keeper);
  for (const auto& refusal : keeper.refusals) told.push_back(refusal.record);
  EXPECT_EQ(told, bad);
  EXPECT_EQ(result.written + bad.size(), 20'000u);
}

TEST_F(RecordPasses, RefuseAFileThatEndsInsideARecord) {
  write_input(records1(3) + "0000");
  auto refused = error();
  EXPECT_EQ(refused.message().id, msg::record_file_ragged);
  EXPECT_EQ(refused.exit_code(), 30);
  EXPECT_EQ(refused.arg("records"), "3");
  EXPECT_EQ(refused.arg("rest"), "4");
}

TEST_F(RecordPasses, StopIfControlTotalsDiffer) {
  auto step = step1to2();
  step.map.push_back({"KACOST", "1", 2});
  step.drop.push_back("KACOST");
  program.emplace(program_of({step}));
  write_input(records1(100));
  auto refused = error();
  EXPECT_EQ(refused.message().id, msg::totals_differ);
  EXPECT_EQ(refused.arg("field"), "KACOST");
  EXPECT_EQ(refused.arg("before"), "49.50");
  EXPECT_EQ(refused.arg("after"), "100.00");
}

TEST_F(RecordPasses, NeedLessThan64MBForAFileOf300MB) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps what was given free";
#endif
  {
    durable::NewFile input(file.path, 0644);
    // Keys that do not rise, so that they are sorted, too.
    for (std::uint64_t part = 75; part > 0; --part) input.write(records1(100'000, part * 100'000));
  }
  int status = in_child([&] {
    policy.threads = 4;
    run();
    std::ifstream self("/proc/self/status");
    std::string text{std::istreambuf_iterator<char>(self), {}};
    auto peak = std::stol(text.substr(text.find("VmHWM:") + 6));
    if (peak >= 64 * 1024) {
      std::fprintf(stderr, "peak %ld kB\n", peak);
      ::_exit(4);
    }
  });
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace dfi::migrations
