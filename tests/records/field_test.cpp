// SPDX-License-Identifier: Apache-2.0
// Each type and option: the bytes of a field, the text of its value, and the bytes a conversion writes.
#include "tests/records/support.hpp"

namespace dfi::records {
namespace {

struct Case {
  const char* field;    // as a definition says it, in a record of code page 273
  std::string bytes;    // as an old program wrote them
  const char* text;     // what they mean
  std::string written;  // what we write; empty: the same bytes
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.field << " " << one.text; }

std::string b(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

class FieldOf : public testing::TestWithParam<Case> {};

TEST_P(FieldOf, TypeAndOptionReadsAndWritesItsBytes) {
  const auto& one = GetParam();
  const auto format = make_format(1, "F " + std::string(one.field));
  EXPECT_EQ(field_text(*format, one.bytes, "F"), one.text);
  const auto& written = one.written.empty() ? one.bytes : one.written;
  EXPECT_EQ(convert(make_step(format, format), one.bytes), (Outcome{written, "", "", 0, 0, 0, ""}));
}

const Case numbers[] = {
    {"packed(3)", b({0x12, 0x3C}), "123", b({0x12, 0x3F})},
    {"packed(3)", b({0x12, 0x3A}), "123", b({0x12, 0x3F})},
    {"packed(3)", b({0x12, 0x3E}), "123", b({0x12, 0x3F})},
    {"packed(3)", b({0x12, 0x3B}), "-123", b({0x12, 0x3D})},
    {"packed(3)", b({0x00, 0x0D}), "0", b({0x00, 0x0F})},
    {"packed(4,2)", b({0x01, 0x23, 0x4D}), "-12.34", ""},
    {"packed(3) unsigned", b({0x12, 0x3C}), "123", b({0x12, 0x3F})},
    {"packed(3) blank=zero", b({0x40, 0x40}), "0", b({0x00, 0x0F})},
    {"packed(3) blank=zero", b({0x20, 0x20}), "0", b({0x00, 0x0F})},
    {"packed(3) blank=null nullable", b({0x00, 0x00}), "", b({0x00, 0x0F})},
    {"packed(31)", b({0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9D}),
     "-9999999999999999999999999999999", ""},
    {"zoned(3)", b({0xF1, 0xF2, 0xD3}), "-123", ""},
    {"zoned(3)", b({0xF1, 0xF2, 0xC3}), "123", b({0xF1, 0xF2, 0xF3})},
    {"zoned(1)", b({0xD0}), "0", b({0xF0})},
    {"zoned(3,1) ccsid=819", b({0x31, 0x32, 0x73}), "-12.3", ""},
    {"zoned(3) ccsid=1208", b({0x31, 0x32, 0x33}), "123", ""},
    {"zoned(9)", b({0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9}), "123456789", ""},
    {"binary(1)", b({0x80}), "-128", ""},
    {"binary(2)", b({0x40, 0x40}), "16448", ""},
    {"binary(2) blank=zero", b({0x40, 0x40}), "0", b({0, 0})},
    {"binary(2) little", b({0x01, 0x02}), "513", ""},
    {"binary(4) scale=2", b({0xFF, 0xFF, 0xFF, 0x9C}), "-1.00", ""},
    {"binary(8) unsigned", b({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}), "18446744073709551615", ""},
    {"binary(8)", b({0x80, 0, 0, 0, 0, 0, 0, 0}), "-9223372036854775808", ""},
    {"float(4)", b({0x3D, 0xCC, 0xCC, 0xCD}), "0.1", ""},
    {"float(8) little", b({0, 0, 0, 0, 0, 0, 0xF8, 0xBF}), "-1.5", ""},
    {"text(6,2) number ccsid=819", "-1.50 ", "-1.50", ""},
    {"text(6,2) number ccsid=819", "+01.5 ", "1.50", "1.50  "},
    {"text(4) number", b({0x60, 0xF7, 0x40, 0x40}), "-7", ""},
    {"text(4) number nullable", b({0x40, 0x40, 0, 0}), "", b({0x40, 0x40, 0x40, 0x40})},
};

const Case dates[] = {
    {"date iso ccsid=819", "2020-08-11", "2020-08-11", ""},
    {"time iso ccsid=819", "12:34:56", "12:34:56", ""},
    {"timestamp iso ccsid=819", "2020-08-11T12:34:56", "2020-08-11T12:34:56", ""},
    {"zoned(8) date=YYYYMMDD", b({0xF2, 0xF0, 0xF2, 0xF0, 0xF0, 0xF2, 0xF2, 0xF9}), "2020-02-29", ""},
    {"packed(7) date=CYYMMDD", b({0x12, 0x00, 0x81, 0x1F}), "2020-08-11", ""},
    {"packed(7) date=CYYMMDD", b({0x09, 0x91, 0x23, 0x1F}), "1999-12-31", ""},
    {"packed(6) date=YYMMDD", b({0x03, 0x91, 0x23, 0x1F}), "2039-12-31", ""},
    {"packed(6) date=YYMMDD", b({0x04, 0x01, 0x23, 0x1F}), "1940-12-31", ""},
    {"packed(6) date=YYMMDD window=2000", b({0x04, 0x01, 0x23, 0x1F}), "2040-12-31", ""},
    {"packed(6) date=DDMMYY", b({0x03, 0x11, 0x23, 0x9F}), "2039-12-31", ""},
    {"packed(8) date=DDMMYYYY", b({0x03, 0x11, 0x21, 0x99, 0x9F}), "1999-12-31", ""},
    {"binary(4) date=YYYYMMDD", b({0x01, 0x34, 0x3D, 0x6B}), "2020-08-11", ""},
    {"char(10) date=DD.MM.YYYY ccsid=819", "11.08.2020", "2020-08-11", ""},
    {"char(12) date=YYYY-MM-DD ccsid=819", std::string("2020-08-11\0 ", 12), "2020-08-11", "2020-08-11  "},
    {"packed(6) time=HHMMSS", b({0x00, 0x00, 0x00, 0x0F}), "00:00:00", ""},
    {"zoned(4) time=HHMM", b({0xF2, 0xF3, 0xF5, 0xF9}), "23:59:00", ""},
    {"char(8) time=HH.MM.SS ccsid=819", "23.59.58", "23:59:58", ""},
    {"char(26) timestamp=YYYY-MM-DD-HH.MM.SS.NNNNNN ccsid=819", "2020-08-11-12.34.56.000789",
     "2020-08-11T12:34:56.000789", ""},
    {"packed(14) timestamp=YYYYMMDDHHMMSS", b({0x02, 0x02, 0x00, 0x81, 0x11, 0x23, 0x45, 0x6F}), "2020-08-11T12:34:56",
     ""},
    {"zoned(8) date=YYYYMMDD nullable", std::string(8, '\xF0'), "", ""},
    {"zoned(8) date=YYYYMMDD nullable", std::string(8, '\x40'), "", std::string(8, '\xF0')},
    {"date iso nullable ccsid=819", "0000-00-00", "", std::string(10, ' ')},
    {"date iso nullable ccsid=819", std::string(10, '\0'), "", std::string(10, ' ')},
    {"packed(6) date=YYMMDD blank=null nullable", b({0x40, 0x40, 0x40, 0x40}), "", b({0, 0, 0, 0x0F})},
};

const Case texts[] = {
    {"char(4)", b({0xC0, 0x4A, 0xE0, 0x40}), "äÄÖ", ""},
    {"char(4)", b({0xC1, 0x40, 0x00, 0x00}), "A", b({0xC1, 0x40, 0x40, 0x40})},
    {"char(3) ccsid=37", b({0xC0, 0x4A, 0xE0}), "{¢\\", ""},
    {"char(1) ccsid=1141", b({0x9F}), "€", ""},
    {"char(4) ccsid=1208", "a€", "a€", ""},
    {"char(4) ccsid=1208", "\xF0\x9F\x93\xA0", "📠", ""},
    {"char(2) ccsid=65535", b({0x00, 0x40}), "X'0040'", ""},
    {"reserved(2)", b({0xFF, 0x15}), "X'FF15'", ""},
};

INSTANTIATE_TEST_SUITE_P(Numbers, FieldOf, testing::ValuesIn(numbers));
INSTANTIATE_TEST_SUITE_P(Dates, FieldOf, testing::ValuesIn(dates));
INSTANTIATE_TEST_SUITE_P(Texts, FieldOf, testing::ValuesIn(texts));

struct Way {
  const char* from;
  const char* to;
  const char* value;
  const char* result;
};

void PrintTo(const Way& way, std::ostream* out) { *out << way.from << " → " << way.to << " " << way.value; }

class FieldMapped : public testing::TestWithParam<Way> {};

TEST_P(FieldMapped, ToAnotherTypeKeepsItsValue) {
  const auto& way = GetParam();
  const auto from = make_format(1, "F " + std::string(way.from)), to = make_format(2, "F " + std::string(way.to), 1208);
  const auto outcome = convert(make_step(from, to), make_record(*from, {{"F", way.value}}));
  ASSERT_EQ(outcome.kind, "") << outcome.reason;
  EXPECT_EQ(field_text(*to, outcome.bytes, "F"), way.result);
}

const Way ways[] = {
    {"packed(9,2)", "text(12,2) number", "-1234567.89", "-1234567.89"},
    {"packed(9,2)", "zoned(11,4)", "-1.25", "-1.2500"},
    {"packed(5,2)", "binary(2)", "-17.00", "-17"},
    {"binary(8) unsigned", "packed(31)", "18446744073709551615", "18446744073709551615"},
    {"binary(8)", "packed(31,5)", "9223372036854775807", "9223372036854775807.00000"},
    {"packed(3,1)", "float(4)", "0.1", "0.1"},
    {"float(4)", "packed(3,2)", "0.25", "0.25"},
    {"float(4)", "float(8)", "0.5", "0.5"},
    {"float(8)", "text(9,3) number", "-2.125", "-2.125"},
    {"zoned(6) date=YYMMDD", "date iso", "1999-12-31", "1999-12-31"},
    {"date iso", "packed(7) date=CYYMMDD", "2020-08-11", "2020-08-11"},
    {"char(10) date=DD.MM.YYYY", "char(8) date=YYYYMMDD", "2020-08-11", "2020-08-11"},
    {"zoned(8) date=YYYYMMDD nullable", "date iso nullable", "", ""},
    {"packed(6) time=HHMMSS", "time iso", "00:00:00", "00:00:00"},
    {"zoned(14) timestamp=YYYYMMDDHHMMSS", "timestamp iso", "2020-08-11T12:34:56", "2020-08-11T12:34:56"},
    {"char(9)", "char(20)", "Müßiggang", "Müßiggang"},
    {"char(9) ccsid=1141", "char(8)", "für €", "für €"},
};

INSTANTIATE_TEST_SUITE_P(All, FieldMapped, testing::ValuesIn(ways));

TEST(Allowed, TextIsCutBetweenCharacters) {
  const auto from = make_format(1, "F char(5)"), to = make_format(2, "F char(4)", 1208);
  auto step = make_step(from, to);
  Allowance cut;
  cut.field = "F";
  cut.truncate = true;
  step.allow = {cut};
  EXPECT_EQ(convert(step, make_record(*from, {{"F", "aäböc"}})).bytes, "aäb");
  // Half a character is never written.
  EXPECT_EQ(convert(step, make_record(*from, {{"F", "äbö"}})).bytes, "äb ");
}

TEST(Allowed, DecimalsAreRoundedAndCharactersReplaced) {
  const auto from = make_format(1, "A packed(5,3)\nB char(3) ccsid=1141\nC packed(5,3)");
  const auto to = make_format(2, "A packed(5,1)\nB char(3)\nC packed(5,1)");
  auto step = make_step(from, to);
  step.allow = {{"A", false, Allowance::Round::half_up, {}, false},
                {"B", false, Allowance::Round::never, U'?', false},
                {"C", false, Allowance::Round::down, {}, false}};
  const auto outcome = convert(step, make_record(*from, {{"A", "-1.250"}, {"B", "1€"}, {"C", "-1.299"}}));
  EXPECT_EQ(field_text(*to, outcome.bytes, "A"), "-1.3");
  EXPECT_EQ(field_text(*to, outcome.bytes, "B"), "1?");
  EXPECT_EQ(field_text(*to, outcome.bytes, "C"), "-1.2");
}

TEST(MakeRecord, RefusesWhatDoesNotFit) {
  const auto format = make_format(1, "N packed(3)\nT char(2)\nD date iso\nR reserved(1)");
  for (const Values& values : {Values{{"N", "1000"}}, Values{{"N", "1.5"}}, Values{{"N", "x"}}, Values{{"T", "abc"}},
                               Values{{"T", "€"}}, Values{{"T", "\xFF"}}, Values{{"D", "2021-02-29"}},
                               Values{{"D", ""}}, Values{{"R", "00"}}, Values{{"R", "X'0G'"}}, Values{{"X", "1"}}})
    EXPECT_THROW(make_record(*format, values), std::invalid_argument) << values[0].first << " " << values[0].second;
  EXPECT_EQ(read_record(*format, make_record(*format, {})),
            (Values{{"N", "0"}, {"T", ""}, {"D", "1940-01-01"}, {"R", "X'00'"}}));
}

TEST(ReadRecord, ShowsTheBytesOfWhatCannotBeRead) {
  const auto format = make_format(1, "N packed(3)");
  EXPECT_EQ(read_record(*format, "\x40\x41"), (Values{{"N", "X'4041'"}}));
  EXPECT_THROW(read_record(*format, "x"), std::invalid_argument);
}

}  // namespace
}  // namespace dfi::records
