// SPDX-License-Identifier: Apache-2.0
// Records that are converted together, beside the plain way.
#include "migrations/records/compiled.hpp"
#include "tests/records/random_formats.hpp"

namespace dfi::records {
namespace {

using Refusals = std::vector<std::pair<std::size_t, Outcome>>;

bool operator==(const KeyRun& a, const KeyRun& b) {
  return a.any == b.any && a.rising == b.rising && (!a.rising || (a.first == b.first && a.last == b.last));
}

/// Many records together and one by one: bytes, refusals, keys and totals.
void expect_the_same_together(const std::vector<Step>& steps, const std::string& records, Refusals& refusals) {
  const auto program = Program::compile(steps);
  Desk desk(program), alone(program);
  const auto length = program.input_length(), count = records.size() / length;
  std::string together(count * program.output_length(), '?'), bytes;
  Refusals told;
  const auto written = program.convert(desk, records.data(), count, together.data(), [&](std::size_t record) {
    told.emplace_back(record, failed(desk.fault()));
    return true;
  });
  together.resize(written * program.output_length());
  refusals.clear();
  for (std::size_t n = 0; n < count; ++n) {
    const auto outcome = convert(program, alone, records.substr(n * length, length));
    bytes += outcome.bytes;
    if (!outcome.kind.empty()) refusals.emplace_back(n, outcome);
  }
  ASSERT_EQ(told, refusals);
  ASSERT_EQ(together, bytes);
  for (std::size_t step = 0; step < steps.size(); ++step) ASSERT_TRUE(desk.key_run(step) == alone.key_run(step));
  ASSERT_EQ(desk.totals().size(), alone.totals().size());
  for (std::size_t n = 0; n < desk.totals().size(); ++n) {
    ASSERT_EQ(desk.totals()[n].before, alone.totals()[n].before);
    ASSERT_EQ(desk.totals()[n].after, alone.totals()[n].after);
  }
}

TEST(Batches, GiveWhatTheirRecordsGiveOneByOne) {
  Generator generator(64);
  std::size_t refused = 0;
  for (int i = 0; i < 200; ++i) {
    const auto first = generator.format();
    const auto steps = valid_chain(generator, first, 1 + generator.below(3));
    if (steps.empty()) continue;
    std::string records;
    for (auto n = generator.below(200); n > 0; --n) {
      auto record = generator.record(*first);
      if (generator.one_in(9)) generator.soil(*first, record);
      records += record;
    }
    Refusals refusals;
    expect_the_same_together(steps, records, refusals);
    if (testing::Test::HasFatalFailure()) FAIL() << "chain " << i;
    refused += refusals.size();
  }
  EXPECT_GT(refused, 500u);
}

/// Rising, with one that repeats, and one that falls.
TEST(Batches, KnowWhetherNumbersRise) {
  const auto format = make_format(1, "ID packed(5)");
  auto step = make_step(format, make_format(2, "ID zoned(5)"));
  step.unique = {"ID"};
  for (const int special : {-1, 0, 1}) {
    std::string records;
    for (int n = 0; n < 200; ++n)
      records += make_record(*format, {{"ID", std::to_string(n == 150 ? 150 + special : n)}});
    Refusals refusals;
    expect_the_same_together({step}, records, refusals);
    const auto program = Program::compile({step});
    Desk desk(program);
    std::string out(200 * program.output_length(), '?');
    program.convert(desk, records.data(), 200, out.data(), [](auto) { return true; });
    EXPECT_EQ(desk.key_run(0).rising, special == 0);
  }
}

TEST(Batches, EndWhereTheCallerSaysSo) {
  const auto format = make_format(1, "ID packed(5)");
  const auto program = Program::compile({make_step(format, make_format(2, "ID zoned(5)"))});
  Desk desk(program);
  std::string records, out(100 * program.output_length(), '?');
  for (int n = 0; n < 100; ++n) records += make_record(*format, {{"ID", std::to_string(n)}});
  records[3 * format->length] = records[7 * format->length] = '\xFF';
  std::vector<std::size_t> refused;
  const auto written = program.convert(desk, records.data(), 100, out.data(), [&](std::size_t record) {
    refused.push_back(record);
    return false;
  });
  EXPECT_EQ(written, 3u);
  EXPECT_EQ(refused, std::vector<std::size_t>{3});
}

}  // namespace
}  // namespace dfi::records
