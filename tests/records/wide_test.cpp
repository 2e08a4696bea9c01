// SPDX-License-Identifier: Apache-2.0
// What the widest instructions of this processor make of fields, beside what any processor makes.
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "migrations/records/compiled.hpp"
#include "migrations/records/number_wide.hpp"
#include "migrations/records/text_wide.hpp"
#include "tests/records/random_formats.hpp"

namespace dfi::records {
namespace {

/// Bytes with no page of memory behind them, or before them.
class Guarded {
 public:
  Guarded(const std::string& bytes, bool at_end) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const auto room = (bytes.size() + page - 1) / page * page;
    length_ = room + 2 * page;
    map_ = static_cast<char*>(::mmap(nullptr, length_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (map_ == MAP_FAILED || ::mprotect(map_ + page, room, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    at_ = map_ + page + (at_end ? room - bytes.size() : 0);
    std::copy(bytes.begin(), bytes.end(), at_);
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() { ::munmap(map_, length_); }
  char* at() const { return at_; }

 private:
  char *map_, *at_;
  std::size_t length_;
};

/// How many records the wide instructions took, and how many were asked of them.
struct Taken {
  std::size_t taken = 0, asked = 0;
};

/// A batch through the op of the first target field: with and without the wide instructions.
void expect_the_same(std::vector<Step> steps, Generator& generator, unsigned one_byte_in, Taken& count) {
  auto compiled = compile_steps(std::move(steps));
  fuse(compiled);
  const auto& op = compiled.ops.front();
  auto narrow = op;
  narrow.wide = nullptr;
  ASSERT_TRUE(op.wide);
  std::string records;
  while (records.size() < compiled.batch * compiled.lengths[0]) records += generator.record(*compiled.formats[0]);
  for (auto& byte : records)
    if (generator.one_in(one_byte_in)) byte = static_cast<char>(generator.below(256));
  const std::size_t records_in_work = 1 + generator.below(compiled.batch);
  records.resize(records_in_work * compiled.lengths[0]);
  const auto level = compiled.last();
  const std::string blank(records_in_work * compiled.lengths[level], '?');
  const bool at_end = generator.one_in(2);
  const Guarded in(records, at_end), out(blank, at_end);
  std::string narrow_out = blank;
  DeskState wide(compiled), other(compiled);
  wide.take(in.at(), out.at(), records_in_work);
  other.take(records.data(), narrow_out.data(), records_in_work);
  count.asked += records_in_work;
  count.taken += records_in_work - static_cast<std::size_t>(__builtin_popcountll(op.wide(op, wide.lane())));
  const auto refused = op.run(op, wide.lane());
  ASSERT_EQ(narrow.run(narrow, other.lane()), refused);
  const std::string wide_out(out.at(), blank.size());
  const auto& field = *op.to;
  for (std::size_t n = 0; n < records_in_work; ++n) {
    if ((refused & bit(n)) != 0) continue;
    const auto place = n * compiled.lengths[level] + field.offset;
    ASSERT_EQ(wide_out.substr(place, field.length), narrow_out.substr(place, field.length)) << n;
    if (op.summand) {
      ASSERT_EQ(wide.pending[*op.summand][n], other.pending[*op.summand][n]) << n;
    }
  }
  // What stands before the field is not touched; what follows is written afterwards.
  for (std::size_t n = 0; n < records_in_work; ++n)
    ASSERT_EQ(wide_out.substr(n * compiled.lengths[level], field.offset), std::string(field.offset, '?'));
}

TEST(WideTexts, GiveTheBytesOfTheOthers) {
  if (!has_wide_text()) GTEST_SKIP() << "this processor has no AVX-512 with VBMI2";
  Generator generator(512);
  Taken count;
  for (int i = 0; i < 300; ++i) {
    const int ccsid = generator.one_in(2) ? 273 : 1141;
    const auto length = 1 + generator.below(64), room = 1 + generator.below(150);
    expect_the_same(
        {make_step(make_format(1, fmt::format("T char({})", length), ccsid),
                   make_format(2, fmt::format("T char({})\nEND char(200)", room), 1208), {{"END", "default('X')"}})},
        generator, 40, count);
    if (testing::Test::HasFatalFailure()) FAIL() << length << " into " << room;
  }
  EXPECT_GT(2 * count.taken, count.asked);
}

std::string random_number(Generator& generator) {
  // Some that are too long for a word, or written in another way, which the wide instructions leave.
  const auto digits = 1 + generator.below(generator.one_in(4) ? 18 : 13);
  const bool is_long = generator.one_in(8);
  const auto scale = generator.one_in(2) ? 0 : generator.below(std::min<std::size_t>(digits, 6));
  const auto sign = generator.one_in(3) ? " unsigned" : "";
  switch (generator.below(3)) {
    case 0: return fmt::format("packed({},{}){}", digits, scale, sign);
    case 1:
      return fmt::format("zoned({},{}){}", std::min<std::size_t>(digits, is_long ? 18 : 8),
                         std::min<std::size_t>(scale, is_long ? 18 : 7), sign);
    default:
      return fmt::format("binary({}){}{}", 1u << generator.below(4), sign,
                         is_long ? generator.one_in(2) ? " little" : " blank=zero" : "");
  }
}

/// A record with the field somewhere in it, so that its neighbours are read with it.
std::string among_others(Generator& generator, const std::string& field) {
  return fmt::format("{}{}\n{}", generator.one_in(3) ? "" : fmt::format("A char({})\n", 1 + generator.below(9)), field,
                     generator.one_in(3) ? "" : fmt::format("Z char({})\n", 1 + generator.below(9)));
}

TEST(WideNumbers, GiveTheBytesAndNumbersOfTheOthers) {
  if (!has_wide_numbers()) GTEST_SKIP() << "this processor has no AVX-512 with BW, DQ, CD and VL";
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
    expect_the_same({std::move(step)}, generator, generator.one_in(2) ? 1000000 : 30, count);
    if (testing::Test::HasFatalFailure()) FAIL() << from << " to " << to << " in " << read->length;
  }
  EXPECT_GT(3 * count.taken, count.asked);
  EXPECT_GT(count.asked, 10000u);
}

/// What a level between refuses, the wide instructions leave, too.
TEST(WideNumbers, TakeWhatALevelBetweenTakes) {
  if (!has_wide_numbers()) GTEST_SKIP() << "this processor has no AVX-512 with BW, DQ, CD and VL";
  Generator generator(3);
  Taken count;
  for (int i = 0; i < 300; ++i) {
    const auto first = make_format(1, among_others(generator, "N " + random_number(generator)));
    const auto scale = first->find("N")->scale;
    const auto between =
        make_format(2, fmt::format("N packed({},{})", scale + 1 + static_cast<int>(generator.below(8)), scale));
    const auto last = make_format(3, fmt::format("N text(16,{}) number", scale), 1208);
    auto step = make_step(first, between);
    for (const auto* name : {"A", "Z"})
      if (first->find(name)) step.drop.emplace_back(name);
    const std::vector<Step> steps{step, make_step(between, last)};
    if (!malformed(steps).empty()) continue;
    expect_the_same(steps, generator, generator.one_in(2) ? 1000000 : 30, count);
    if (testing::Test::HasFatalFailure()) FAIL() << i;
  }
  EXPECT_GT(3 * count.taken, count.asked);
}

TEST(WideNumbers, GiveTheDatesOfTheOthers) {
  if (!has_wide_numbers()) GTEST_SKIP() << "this processor has no AVX-512 with BW, DQ, CD and VL";
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
    expect_the_same({std::move(step)}, generator, generator.one_in(2) ? 1000000 : 25, count);
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
  if (!has_wide_numbers()) GTEST_SKIP() << "this processor has no AVX-512 with BW, DQ, CD and VL";
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
