// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/expression.hpp"

#include "tests/records/support.hpp"

namespace dfi::records {
namespace {

const Format& old_level() {
  static const auto format = make_format(1, R"(
NAME   char(12)
EMPTY  char(3)
COST   packed(9,2)
ZERO   packed(3)
DAY    zoned(8)
DATE   zoned(8)  date=YYYYMMDD nullable
CLOCK  packed(6) time=HHMMSS
TS     char(26)  timestamp=YYYY-MM-DD-HH.MM.SS.NNNNNN
NODATE zoned(8)  date=YYYYMMDD nullable
RATE   float(8)
TAB    binary(2) occurs=3
RAW    reserved(1)
)");
  return format;
}

std::string record() {
  return make_record(*old_level(), {{"NAME", "  Jürgen  x"},
                                    {"COST", "-12.34"},
                                    {"DAY", "20200811"},
                                    {"DATE", "2020-08-11"},
                                    {"CLOCK", "12:34:56"},
                                    {"TS", "2020-08-11T12:34:56.789000"},
                                    {"RATE", "0.25"},
                                    {"TAB(1)", "1"},
                                    {"TAB(2)", "-2"},
                                    {"TAB(3)", "3"}});
}

struct Case {
  const char* expression;
  const char* type;    // of the target
  const char* result;  // as text; of faults the kind
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.expression; }

Step step_for(const char* expression, const char* type) {
  auto step = make_step(old_level(), make_format(2, "F " + std::string(type), 1208), {{"F", expression, 7}});
  for (const auto& field : old_level()->fields) step.drop.push_back(field.name);
  return step;
}

class Expressions : public testing::TestWithParam<Case> {};

TEST_P(Expressions, MakeAValue) {
  const auto step = step_for(GetParam().expression, GetParam().type);
  const auto outcome = convert(step, record());
  EXPECT_EQ(outcome.kind.empty() ? field_text(*step.to, outcome.bytes, "F") : outcome.kind, GetParam().result)
      << outcome.reason;
}

const Case cases[] = {
    {"NAME", "char(20)", "  Jürgen  x"},
    {"'it''s'", "char(20)", "it's"},
    {"-1.5", "packed(3,2)", "-1.50"},
    {"TAB(2)", "binary(2)", "-2"},
    {"default('N')", "char(1)", "N"},
    {"default(NODATE, DATE)", "date iso", "2020-08-11"},
    {"default(number(EMPTY), 5)", "packed(3)", "5"},
    {"trim(NAME)", "char(20)", "Jürgen  x"},
    {"upper(NAME)", "char(20)", "  JÜRGEN  X"},
    {"lower('ÄÖÜẞß×')", "char(20)", "äöüẞß×"},
    {"substr(trim(NAME), 2, 3)", "char(20)", "ürg"},
    {"substr(NAME, 11, 5)", "char(20)", "x"},
    {"substr(NAME, 90, 5)", "char(20)", ""},
    {"concat(trim(NAME), '/', COST, EMPTY)", "char(20)", "Jürgen  x/-12.34"},
    {"pad(DAY, 10, '0')", "char(20)", "0020200811"},
    {"pad('ü', 3, '·')", "char(20)", "··ü"},
    {"pad('long', 2, ' ')", "char(20)", "long"},
    {"number(' -7.50 ')", "packed(5,2)", "-7.50"},
    {"number(text(COST))", "packed(9,2)", "-12.34"},
    {"number(EMPTY)", "packed(3) nullable", "0"},
    {"number(NAME)", "packed(3)", "bad_digit"},
    {"text(COST)", "char(20)", "-12.34"},
    {"text(RATE)", "char(20)", "0.25"},
    {"text(DATE)", "char(20)", "2020-08-11"},
    {"text(DATE, 'DD.MM.YYYY')", "char(20)", "11.08.2020"},
    {"text(DATE, 'YYMMDD')", "char(20)", "200811"},
    {"text(CLOCK, 'HHMM')", "char(20)", "lost_decimals"},
    {"text(TS)", "char(30)", "2020-08-11T12:34:56.789000"},
    {"date(DAY, 'YYYYMMDD')", "date iso", "2020-08-11"},
    {"date(ZERO, 'YYMMDD')", "date iso nullable", ""},
    {"date(ZERO, 'YYMMDD')", "date iso", "null_value"},
    {"date(EMPTY, 'YYMMDD')", "date iso nullable", ""},
    {"date('010203', 'YYMMDD', 1900)", "date iso", "1901-02-03"},
    {"date('0000-00-00', 'YYYY-MM-DD')", "date iso nullable", ""},
    {"date(COST, 'YYMMDD')", "date iso", "bad_date"},
    {"date(TAB(1), 'YYMMDD')", "date iso", "bad_date"},
    {"time(ZERO, 'HHMMSS')", "time iso", "00:00:00"},
    {"timestamp('20200811123456', 'YYYYMMDDHHMMSS')", "timestamp iso", "2020-08-11T12:34:56"},
    {"timestamp(DATE, CLOCK)", "timestamp iso", "2020-08-11T12:34:56"},
    {"timestamp(NODATE, CLOCK)", "timestamp iso nullable", ""},
    {"timestamp(DATE, time('', 'HHMMSS'))", "timestamp iso", "2020-08-11T00:00:00"},
    {"dateof(TS)", "date iso", "2020-08-11"},
    {"text(timeof(TS))", "char(20)", "12:34:56.789000"},
    {"unscaled(COST)", "packed(9)", "-1234"},
    {"lookup(TAB(3), '1', 'one', '3', 'three')", "char(9)", "three"},
    {"lookup(trim(NAME), 'x', 1, 2)", "packed(1)", "2"},
    {"lookup(EMPTY, '', 'none')", "char(9)", "none"},
    {"lookup(DAY, '1', 'one')", "char(9)", "no_counterpart"},
    {"if(EMPTY, 'a', 'b')", "char(9)", "b"},
    {"if(ZERO, 'a', 'b')", "char(9)", "b"},
    {"if(NODATE, 'a', 'b')", "char(9)", "b"},
    {"if(RATE, COST, 1)", "packed(9,2)", "-12.34"},
};

INSTANTIATE_TEST_SUITE_P(All, Expressions, testing::ValuesIn(cases));

class ExpressionSlips : public testing::TestWithParam<Case> {};

TEST_P(ExpressionSlips, AreNamedWithTheLineOfTheAssignment) {
  try {
    Program::compile({step_for(GetParam().expression, GetParam().type)});
    FAIL() << "nothing was found";
  } catch (const Malformed& malformed) {
    EXPECT_STREQ(malformed.what(), GetParam().result);
    EXPECT_EQ(malformed.line, 7);
  }
}

const Case slips[] = {
    {"", "char(9)", "expression : a value is missing at the end"},
    {"'abc", "char(9)", "expression 'abc: a closing ' is missing"},
    {"NAME NAME", "char(9)", "expression NAME NAME: 'NAME' is too much"},
    {"NAMES", "char(9)", "expression NAMES: NAMES is no field of the old level"},
    {"TAB", "binary(2)", "expression TAB: TAB is an array, name one of its elements"},
    {"TAB(4)", "binary(2)", "expression TAB(4): TAB(4) is no field of the old level"},
    {"sqrt(COST)", "packed(3)", "expression sqrt(COST): the function sqrt is not known"},
    {"trim(NAME", "char(9)", "expression trim(NAME: a closing parenthesis is missing"},
    {"trim()", "char(9)", "expression trim(): trim has not 0 arguments"},
    {"trim(COST)", "char(9)", "expression trim(COST): argument 1 of trim has the wrong type"},
    {"substr(NAME, 0, 3)", "char(9)",
     "expression substr(NAME, 0, 3): argument 2 of substr must be a number from 1 to 1000000"},
    {"pad(NAME, 3, 'ab')", "char(9)", "expression pad(NAME, 3, 'ab'): argument 3 of pad must be one character"},
    {"date(DAY, 'HHMMSS')", "date iso", "expression date(DAY, 'HHMMSS'): argument 2 of date is no form of this type"},
    {"date(DAY, 'YYYY-MM-DD')", "date iso", "expression date(DAY, 'YYYY-MM-DD'): a number cannot hold YYYY-MM-DD"},
    {"if(EMPTY, 1, 'b')", "char(9)", "expression if(EMPTY, 1, 'b'): if would have values of two types"},
    {"lookup(NAME, NAME, 'b')", "char(9)",
     "expression lookup(NAME, NAME, 'b'): argument 2 of lookup must be a constant"},
    {"1.2.3", "packed(3)", "expression 1.2.3: '1.2.3' is no number"},
    {"COST", "char(9)", "F is text, but its value is a number"},
    {"NAME", "packed(9)", "F is a number, but its value is text"},
    {"DATE", "zoned(8)", "F is a number, but its value is a date"},
    {"DAY", "date iso", "F is a date, but its value is a number"},
    {"TS", "date iso", "F is a date, but its value is a timestamp"},
    {"RAW", "char(1)", "F is text, but its value is bytes"},
    {"'long'", "char(3)", "F: 'long' does not fit into 3 bytes"},
    {"1.5", "packed(3)", "F: 1.5 would lose decimals in packed(3)"},
};

INSTANTIATE_TEST_SUITE_P(All, ExpressionSlips, testing::ValuesIn(slips));

TEST(Slip, OfEndlessNestingIsNamed) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "trim(";
  EXPECT_THROW(parse_expression(deep, *old_level(), 0, 1), Malformed);
}

TEST(Array, MapsAsAWhole) {
  const auto from = make_format(1, "OLD packed(3) occurs=3\nX char(1)"), to = make_format(2, "NEW zoned(3) occurs=3");
  auto step = make_step(from, to, {{"NEW", "OLD"}, {"NEW(2)", "7"}});
  step.drop = {"X", "OLD(2)"};
  const auto outcome = convert(step, make_record(*from, {{"OLD(1)", "1"}, {"OLD(2)", "2"}, {"OLD(3)", "3"}}));
  EXPECT_EQ(read_record(*to, outcome.bytes), (Values{{"NEW(1)", "1"}, {"NEW(2)", "7"}, {"NEW(3)", "3"}}));
}

}  // namespace
}  // namespace dfi::records
