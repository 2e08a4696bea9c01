// SPDX-License-Identifier: Apache-2.0
// What the widest instructions of this processor make of fields, beside what any processor makes.
#include <fmt/core.h>

#include "migrations/records/compiled.hpp"
#include "migrations/records/number_wide.hpp"
#include "migrations/records/text_wide.hpp"
#include "tests/records/random_formats.hpp"

namespace dfi::records {
namespace {

/// How many records the wide instructions took, and how many were asked of them.
struct Taken {
  std::size_t taken = 0, asked = 0;
};

/// A batch through the op of the first target field: with and without the wide instructions.
void expect_the_same(Step step, Generator& generator, unsigned one_byte_in, Taken& count) {
  auto compiled = compile_steps({std::move(step)});
  fuse(compiled);
  const auto& op = compiled.ops.front();
  auto narrow = op;
  narrow.wide = nullptr;
  ASSERT_TRUE(op.wide);
  std::string records;
  while (records.size() < compiled.batch * compiled.lengths[0]) records += generator.record(*compiled.formats[0]);
  for (auto& byte : records)
    if (generator.one_in(one_byte_in)) byte = static_cast<char>(generator.below(256));
  // The end of the batch is the end of what may be read and written.
  const std::size_t records_in_work = 1 + generator.below(compiled.batch);
  records.resize(records_in_work * compiled.lengths[0]);
  records.shrink_to_fit();
  std::string wide_out(records_in_work * compiled.lengths[1], '?'), narrow_out = wide_out;
  DeskState wide(compiled), other(compiled);
  wide.take(records.data(), wide_out.data(), records_in_work);
  other.take(records.data(), narrow_out.data(), records_in_work);
  count.asked += records_in_work;
  count.taken += records_in_work - static_cast<std::size_t>(__builtin_popcountll(op.wide(op, wide.lane())));
  const auto refused = op.run(op, wide.lane());
  ASSERT_EQ(narrow.run(narrow, other.lane()), refused);
  const auto& field = *op.to;
  for (std::size_t n = 0; n < records_in_work; ++n) {
    if ((refused & bit(n)) != 0) continue;
    const auto place = n * compiled.lengths[1] + field.offset;
    ASSERT_EQ(wide_out.substr(place, field.length), narrow_out.substr(place, field.length)) << n;
    if (op.summand) {
      ASSERT_EQ(wide.pending[*op.summand][n], other.pending[*op.summand][n]) << n;
    }
  }
  // What stands before the field is not touched; what follows is written afterwards.
  for (std::size_t n = 0; n < records_in_work; ++n)
    ASSERT_EQ(wide_out.substr(n * compiled.lengths[1], field.offset), std::string(field.offset, '?'));
}

TEST(WideTexts, GiveTheBytesOfTheOthers) {
  if (!has_wide_text()) GTEST_SKIP() << "this processor has no AVX-512 with VBMI2";
  Generator generator(512);
  Taken count;
  for (int i = 0; i < 300; ++i) {
    const int ccsid = generator.one_in(2) ? 273 : 1141;
    const auto length = 1 + generator.below(64), room = 1 + generator.below(150);
    expect_the_same(
        make_step(make_format(1, fmt::format("T char({})", length), ccsid),
                  make_format(2, fmt::format("T char({})\nEND char(200)", room), 1208), {{"END", "default('X')"}}),
        generator, 40, count);
    if (testing::Test::HasFatalFailure()) FAIL() << length << " into " << room;
  }
  EXPECT_GT(2 * count.taken, count.asked);
}

std::string random_number(Generator& generator) {
  const auto digits = 1 + generator.below(13);
  const auto scale = generator.one_in(2) ? 0 : generator.below(std::min<std::size_t>(digits, 6));
  const auto sign = generator.one_in(3) ? " unsigned" : "";
  switch (generator.below(3)) {
    case 0: return fmt::format("packed({},{}){}", digits, scale, sign);
    case 1:
      return fmt::format("zoned({},{}){}", std::min<std::size_t>(digits, 8), std::min<std::size_t>(scale, 7), sign);
    default: return fmt::format("binary({}){}", 1u << generator.below(4), sign);
  }
}

/// A record with the field somewhere in it, so that its neighbours are read with it.
std::string among_others(Generator& generator, const std::string& field) {
  return fmt::format("{}{}\n{}", generator.one_in(3) ? "" : fmt::format("A char({})\n", 1 + generator.below(9)), field,
                     generator.one_in(3) ? "" : fmt::format("Z char({})\n", 1 + generator.below(9)));
}

TEST(WideNumbers, GiveTheBytesAndNumbersOfTheOthers) {
  if (!has_wide_numbers()) GTEST_SKIP() << "this processor has no AVX-512 with DQ, CD and VPOPCNTDQ";
  Generator generator(8);
  Taken count;
  for (int i = 0; i < 1500; ++i) {
    const auto from = random_number(generator);
    const auto read = make_format(1, among_others(generator, "N " + from), generator.one_in(2) ? 273 : 1208);
    const auto scale = static_cast<std::size_t>(read->find("N")->scale) + generator.below(2);
    const auto to = fmt::format("text({},{}) number", std::max<std::size_t>(4 + generator.below(13), scale + 2), scale);
    auto step = make_step(read, make_format(2, "N " + to, 1208));
    for (const auto* name : {"A", "Z"})
      if (read->find(name)) step.drop.emplace_back(name);
    if (!malformed({step}).empty()) continue;
    step.sums = {"N"};
    expect_the_same(std::move(step), generator, generator.one_in(2) ? 1000000 : 30, count);
    if (testing::Test::HasFatalFailure()) FAIL() << from << " to " << to << " in " << read->length;
  }
  EXPECT_GT(3 * count.taken, count.asked);
  EXPECT_GT(count.asked, 10000u);
}

TEST(WideNumbers, GiveTheDatesOfTheOthers) {
  if (!has_wide_numbers()) GTEST_SKIP() << "this processor has no AVX-512 with DQ, CD and VPOPCNTDQ";
  static constexpr std::pair<const char*, const char*> moments[] = {{"packed(8) date=YYYYMMDD nullable", "date iso"},
                                                                    {"zoned(8) date=YYYYMMDD", "date iso"},
                                                                    {"packed(6) time=HHMMSS", "time iso"},
                                                                    {"zoned(6) time=HHMMSS", "time iso"},
                                                                    {"binary(4) time=HHMMSS", "time iso"}};
  Generator generator(1976);
  Taken count;
  for (int i = 0; i < 500; ++i) {
    const auto& [from, to] = moments[generator.below(std::size(moments))];
    const auto read = make_format(1, among_others(generator, fmt::format("M {}", from)));
    auto step = make_step(read, make_format(2, fmt::format("M {} nullable", to), 1208));
    for (const auto* name : {"A", "Z"})
      if (read->find(name)) step.drop.emplace_back(name);
    ASSERT_EQ(malformed({step}), "");
    expect_the_same(std::move(step), generator, generator.one_in(2) ? 1000000 : 25, count);
    if (testing::Test::HasFatalFailure()) FAIL() << from << " to " << to;
  }
  EXPECT_GT(2 * count.taken, count.asked);
}

/// Each day there is, and each that there is not.
TEST(WideNumbers, KnowTheDaysOfAllMonths) {
  const auto format = make_format(1, "D packed(8) date=YYYYMMDD");
  const auto program = Program::compile({make_step(format, make_format(2, "D date iso", 1208))});
  Desk desk(program);
  std::string records, out;
  for (const int year : {0, 1, 1900, 1999, 2000, 2024, 9999})
    for (int month = 0; month <= 19; ++month)
      for (int day = 0; day <= 39; ++day) {
        const auto digits = fmt::format("0{:04}{:02}{:02}F", year, month, day);
        for (std::size_t i = 0; i < digits.size(); i += 2)
          records += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
      }
  const auto count = records.size() / format->length;
  out.resize(count * program.output_length());
  std::size_t refused = 0;
  const auto written = program.convert(desk, records.data(), count, out.data(), [&](std::size_t) { return ++refused; });
  constexpr std::size_t days = 4 * 365 + 2 * 366;  // of the years but 0, two of which are leap years
  EXPECT_EQ(written, days);
  EXPECT_EQ(refused, count - days);
  EXPECT_NE(out.find("2024-02-29"), std::string::npos);
  EXPECT_EQ(out.find("1900-02-29"), std::string::npos);
}

/// What is summed of the new side: text as people and programs write it.
TEST(WideNumbers, ReadsTheNumbersThatDecodeReads) {
  if (!has_wide_numbers()) GTEST_SKIP() << "this processor has no AVX-512 with DQ, CD and VPOPCNTDQ";
  Generator generator(16);
  Taken count;
  for (int i = 0; i < 2000; ++i) {
    const auto type = generator.one_in(2)
                          ? random_number(generator)
                          : fmt::format("text({},{}) number", 6 + generator.below(11), generator.below(4));
    const auto format = make_format(1, among_others(generator, "N " + type), generator.one_in(2) ? 273 : 1208);
    const auto& field = *format->find("N");
    const Codec codec(field);
    const std::size_t records = 1 + generator.below(most_in_batch);
    std::string bytes;
    for (std::size_t n = 0; n < records; ++n) bytes += generator.record(*format);
    if (generator.one_in(2))
      for (auto& byte : bytes)
        if (generator.one_in(20)) byte = " 0-.9\x40\xF0\x60\x4B\xF9"[generator.below(10)];
    Numbers units;
    const auto left = read_wide_numbers(field, bytes.data() + field.offset, format->length, records, units.data());
    ASSERT_EQ(left & ~first_bits(records), 0u);
    for (std::size_t n = 0; n < records; ++n) {
      if ((left & bit(n)) != 0) continue;
      const auto value = decode(codec, bytes.data() + n * format->length + field.offset);
      ASSERT_EQ(value.kind, Value::Kind::number) << type;
      ASSERT_EQ(value.number, units[n]) << type;
    }
    count.asked += records;
    count.taken += records - static_cast<std::size_t>(__builtin_popcountll(left));
  }
  EXPECT_GT(2 * count.taken, count.asked);
}

}  // namespace
}  // namespace dfi::records
