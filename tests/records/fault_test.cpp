// SPDX-License-Identifier: Apache-2.0
// Every reason to refuse a record, with the field, its place and the message.
#include "tests/records/support.hpp"

namespace dfi::records {
namespace {

struct Case {
  const char* from;        // the field F of the old level
  const char* to;          // and of the new one, called F or G
  const char* expression;  // of G; empty: F maps by itself
  std::string bytes;       // of F
  const char* kind;
  const char* field;
  const char* reason;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.from << " → " << one.to << " " << one.expression; }

class Refused : public testing::TestWithParam<Case> {};

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

TEST_P(Refused, NamesFieldPlaceAndReason) {
  const auto& one = GetParam();
  const auto from = make_format(1, "A char(3)\n" + std::string(one.from) + "\n");
  const auto to = make_format(2, "A char(3)\n" + std::string(one.to) + "\n");
  auto step = make_step(from, to);
  if (*one.expression != '\0') step.map = {{"G", one.expression}};
  auto record = make_record(*from, {});
  const auto& field = from->fields[1];
  ASSERT_EQ(one.bytes.size(), field.length);
  record.replace(field.offset, field.length, one.bytes);
  const auto outcome = convert(step, record);
  EXPECT_EQ(outcome.kind, one.kind);
  EXPECT_EQ(outcome.field, one.field);
  EXPECT_EQ(outcome.reason, one.reason);
  EXPECT_EQ(outcome.step, 0u);
  EXPECT_EQ(outcome.offset, 3u);
  EXPECT_EQ(outcome.length, field.length);
}

const Case numbers[] = {
    {"F packed(3)", "F packed(5)", "", bytes({0x1A, 0x2F}), "bad_digit", "F", "1A 2F holds A, which is no digit"},
    {"F zoned(2)", "F packed(5)", "", bytes({0xE1, 0xF2}), "bad_digit", "F", "E1 F2 holds E1, which is no digit"},
    {"F zoned(2)", "F packed(5)", "", bytes({0xF1, 0xFA}), "bad_digit", "F", "F1 FA holds FA, which is no digit"},
    {"F zoned(2) ccsid=819", "F packed(5)", "", bytes({0xF1, 0x32}), "bad_digit", "F",
     "F1 32 holds F1, which is no digit"},
    {"F text(3) number", "F packed(5)", "", bytes({0xF1, 0xC1, 0x40}), "bad_digit", "F",
     "'1A' is no number of the type text(3) number"},
    {"F text(4,1) number", "F packed(5,2)", "", bytes({0xF1, 0x4B, 0xF2, 0xF3}), "bad_digit", "F",
     "'1.23' is no number of the type text(4,1) number"},
    {"F packed(3)", "F packed(5)", "", bytes({0x12, 0x30}), "bad_sign", "F",
     "12 30 has the sign 0, which is not valid here"},
    {"F packed(3) unsigned", "F packed(5)", "", bytes({0x12, 0x3D}), "bad_sign", "F",
     "12 3D has the sign D, which is not valid here"},
    {"F zoned(2)", "F packed(5)", "", bytes({0xF1, 0x91}), "bad_sign", "F",
     "F1 91 has the sign 9, which is not valid here"},
    {"F zoned(2) ccsid=819", "F packed(5)", "", bytes({0x31, 0xD2}), "bad_sign", "F",
     "31 D2 has the sign D, which is not valid here"},
    {"F packed(3)", "F packed(5)", "", bytes({0x40, 0x40}), "blank", "F",
     "40 40 is blank, but a number or date must stand here"},
    {"F zoned(2)", "F packed(5)", "", bytes({0, 0}), "blank", "F",
     "00 00 is blank, but a number or date must stand here"},
    {"F text(2) number", "F packed(5)", "", bytes({0x40, 0x40}), "blank", "F",
     "40 40 is blank, but a number or date must stand here"},
    {"F packed(2)", "F packed(5)", "", bytes({0x12, 0x3F}), "overflow", "F", "123 does not fit into packed(2)"},
    {"F packed(3)", "F packed(2)", "", bytes({0x12, 0x3F}), "overflow", "F", "123 does not fit into packed(2)"},
    {"F packed(3)", "F binary(1)", "", bytes({0x12, 0x8F}), "overflow", "F", "128 does not fit into binary(1)"},
    {"F packed(3)", "F zoned(3) unsigned", "", bytes({0x12, 0x8D}), "overflow", "F",
     "-128 does not fit into zoned(3) unsigned"},
    {"F packed(3)", "F text(3) number", "", bytes({0x12, 0x8D}), "overflow", "F",
     "-128 does not fit into text(3) number"},
    {"F packed(3,2)", "F packed(5,1)", "", bytes({0x12, 0x5F}), "lost_decimals", "F",
     "1.25 would lose decimals in packed(5,1)"},
    {"F packed(10)", "F float(4)", "", bytes({0x01, 0x23, 0x45, 0x67, 0x89, 0x1F}), "lost_decimals", "F",
     "1234567891 would lose decimals in float(4)"},
    {"F float(8)", "F packed(5)", "", bytes({0x7F, 0xF8, 0, 0, 0, 0, 0, 0}), "overflow", "F",
     "nan does not fit into packed(5)"},
};

const Case texts[] = {
    {"F char(3)", "F char(2)", "", bytes({0xC1, 0xC2, 0xC3}), "truncated", "F", "'ABC' does not fit into 2 bytes"},
    {"F char(2)", "F char(2) ccsid=1208", "", bytes({0xC0, 0xC1}), "truncated", "F", "'äA' does not fit into 2 bytes"},
    {"F reserved(2)", "F reserved(1)", "", bytes({0xC1, 0xC2}), "truncated", "F", "'C1 C2' does not fit into 1 bytes"},
    {"F char(1) ccsid=1141", "F char(1)", "", bytes({0x9F}), "unmappable", "F",
     "the character '€' (U+20AC) does not exist in code page 273"},
    {"F char(4) ccsid=1208", "F char(4)", "", "\xF0\x9F\x93\xA0", "unmappable", "F",
     "the character '📠' (U+1F4E0) does not exist in code page 273"},
    {"F char(3) ccsid=1208", "F char(3)", "", "A\xC3(", "bad_text", "F", "C3 28 is not UTF-8"},
    {"F char(3) ccsid=1208", "F char(9) ccsid=1208", "", "\xED\xA0\x80", "bad_text", "F", "ED A0 80 is not UTF-8"},
    {"F char(2) ccsid=1208", "F char(9) ccsid=1208", "", "\xC0\x80", "bad_text", "F", "C0 80 is not UTF-8"},
    {"F char(2)", "G packed(3)", "number(F)", bytes({0xC1, 0xF1}), "bad_digit", "F",
     "'A1' is no number of the type number"},
    {"F char(1)", "G char(9)", "lookup(F, 'S', 'sent')", bytes({0xC1}), "no_counterpart", "F",
     "'A' has no counterpart"},
};

const Case dates[] = {
    {"F zoned(8) date=YYYYMMDD", "F date iso", "", bytes({0xF2, 0xF0, 0xF2, 0xF1, 0xF0, 0xF2, 0xF2, 0xF9}), "bad_date",
     "F", "'20210229' is not valid in the form YYYYMMDD"},
    {"F zoned(8)", "G date iso", "date(F, 'YYYYMMDD')", bytes({0xF2, 0xF0, 0xF2, 0xF1, 0xF1, 0xF3, 0xF0, 0xF1}),
     "bad_date", "F", "'20211301' is not valid in the form YYYYMMDD"},
    {"F packed(6) time=HHMMSS", "F time iso", "", bytes({0x02, 0x40, 0x00, 0x0F}), "bad_date", "F",
     "'240000' is not valid in the form HHMMSS"},
    {"F zoned(6) date=YYMMDD", "F date iso", "", bytes({0xF0, 0xF0, 0xF0, 0xF0, 0xF0, 0xF0}), "bad_date", "F",
     "'000000' is not valid in the form YYMMDD"},
    {"F zoned(6) date=YYMMDD", "F date iso", "", bytes({0x40, 0x40, 0x40, 0x40, 0x40, 0x40}), "blank", "F",
     "40 40 40 40 40 40 is blank, but a number or date must stand here"},
    {"F zoned(6) date=YYMMDD nullable", "F date iso", "", bytes({0x40, 0x40, 0x40, 0x40, 0x40, 0x40}), "null_value",
     "F", "there is no value, but the field must have one"},
    {"F zoned(6) date=YYMMDD window=1970", "F zoned(6) date=YYMMDD", "", bytes({0xF6, 0xF9, 0xF0, 0xF1, 0xF0, 0xF1}),
     "overflow", "F", "2069-01-01 does not fit into YYMMDD"},
};

INSTANTIATE_TEST_SUITE_P(Numbers, Refused, testing::ValuesIn(numbers));
INSTANTIATE_TEST_SUITE_P(Texts, Refused, testing::ValuesIn(texts));
INSTANTIATE_TEST_SUITE_P(Dates, Refused, testing::ValuesIn(dates));

TEST(Fault, IsARecordEndThatIsNone) {
  const auto format = make_format(1, "F char(3)", 819, Ends::crlf);
  const auto outcome = convert(make_step(format, format), "abc\r ");
  EXPECT_EQ(outcome.kind, "bad_record_end");
  EXPECT_EQ(outcome.offset, 3u);
  EXPECT_EQ(outcome.length, 2u);
  EXPECT_EQ(outcome.reason, "the record ends with 0D 20, not with 0D 0A");
}

TEST(Fault, OfATimestampThatLosesItsMicrosecondsIsLostDecimals) {
  const auto from = make_format(1, "F char(26) timestamp=YYYY-MM-DD-HH.MM.SS.NNNNNN", 819);
  const auto to = make_format(2, "F timestamp iso", 819);
  const auto outcome = convert(make_step(from, to), "2020-08-11-12.34.56.000001");
  EXPECT_EQ(outcome.kind, "lost_decimals");
  EXPECT_EQ(outcome.reason, "2020-08-11-12.34.56.000001 would lose decimals in YYYY-MM-DDTHH:MM:SS");
  auto step = make_step(from, to);
  Allowance cut;
  cut.field = "F";
  cut.round = Allowance::Round::down;
  step.allow = {cut};
  EXPECT_EQ(convert(step, "2020-08-11-12.34.56.999999").bytes, "2020-08-11T12:34:56");
}

TEST(Fault, HasNoPlaceIfTheValueComesFromSeveralFields) {
  const auto from = make_format(1, "A char(3)\nB char(3)", 819);
  const auto to = make_format(2, "C char(4)", 819);
  const auto outcome = convert(make_step(from, to, {{"C", "concat(A, B)"}}), "abcdef");
  EXPECT_EQ(outcome.kind, "truncated");
  EXPECT_EQ(outcome.field, "C");
  EXPECT_EQ(outcome.length, 0u);
}

TEST(Fault, IsTheFirstInTheOrderOfStepsThenOfTargetFields) {
  const auto one = make_format(1, "A packed(3)\nB packed(3)", 273);
  const auto two = make_format(2, "B packed(3)\nA packed(2)", 273);
  const auto three = make_format(3, "A packed(2)\nB packed(1)", 273);
  const auto program = Program::compile({make_step(one, two), make_step(two, three)});
  Desk desk(program);
  // A is too wide for the first step already, B for the second only.
  auto outcome = convert(program, desk, make_record(*one, {{"A", "123"}, {"B", "12"}}));
  EXPECT_EQ(outcome.step, 0u);
  EXPECT_EQ(outcome.field, "A");
  outcome = convert(program, desk, make_record(*one, {{"A", "12"}, {"B", "12"}}));
  EXPECT_EQ(outcome.step, 1u);
  EXPECT_EQ(outcome.field, "B");
  EXPECT_EQ(outcome.offset, 2u);
  outcome = convert(program, desk, std::string(4, 'x'));
  EXPECT_EQ(outcome.field, "B");
  EXPECT_EQ(outcome.step, 0u);
}

TEST(Fault, IsGermanInGerman) {
  const auto format = make_format(1, "F packed(1)");
  const auto program = Program::compile({make_step(format, format)});
  Desk desk(program);
  char out = 0;
  ASSERT_FALSE(program.convert(desk, "\xAF", &out));
  EXPECT_EQ(text(desk.fault().reason, Language::german), "AF enthält A, das ist keine Ziffer");
  EXPECT_EQ(exit_code(desk.fault().reason.id), 30);
}

TEST(Fault, HasAWordForEveryKind) {
  for (int kind = 0; kind <= static_cast<int>(FaultKind::refused_by_table); ++kind)
    EXPECT_NE(fault_name(static_cast<FaultKind>(kind)), "") << kind;
}

}  // namespace
}  // namespace dfi::records
