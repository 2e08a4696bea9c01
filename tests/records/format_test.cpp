// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/format.hpp"

#include "tests/records/support.hpp"

namespace dfi::records {
namespace {

TEST(FieldBlock, PlacesFieldsBehindEachOther) {
  const auto format = make_format(3, R"(
# as in DDS
KAID    packed(9)
KADAT   zoned(8)      date=YYYYMMDD nullable   # the day
KACOST  packed(9,2)   blank=zero
KATAB   binary(2)     occurs=3 unsigned little scale=1
KARES   reserved(2)
KANUM   text(12,2)    number
)",
                                  273, Ends::nl, {"KAID"});
  EXPECT_EQ(format->length, 5u + 8 + 5 + 6 + 2 + 12 + 1);
  ASSERT_EQ(format->fields.size(), 8u);
  EXPECT_EQ(format->fields[1].meaning, Meaning::date);
  EXPECT_TRUE(format->fields[1].nullable);
  EXPECT_EQ(format->fields[2].scale, 2);
  EXPECT_EQ(format->fields[2].blank, Blank::zero);
  const auto* third = format->find("KATAB(3)");
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(third->offset, 22u);
  EXPECT_EQ(third->length, 2u);
  EXPECT_TRUE(third->little_endian);
  EXPECT_FALSE(third->is_signed);
  EXPECT_EQ(format->find("KATAB"), nullptr);
  EXPECT_EQ(format->find("KARES")->type, Type::bytes);
  EXPECT_EQ(format->find("KANUM")->type, Type::digits);
  EXPECT_EQ(format->find("KANUM")->page, find_code_page(273));
}

struct Slip {
  const char* fields;
  int line;
  const char* reason;
};

class Slips : public testing::TestWithParam<Slip> {};

TEST_P(Slips, AreNamedWithTheirLine) {
  RecordFormat format;
  format.length = 10;
  format.ccsid = 273;
  try {
    parse_fields(GetParam().fields, format);
    FAIL() << "nothing was found";
  } catch (const Malformed& malformed) {
    EXPECT_STREQ(malformed.what(), GetParam().reason);
    EXPECT_EQ(malformed.line, GetParam().line);
  }
}

const Slip slips[] = {
    {"", 1, "a record has at least one field"},
    {"A char(9)", 1, "the fields and the record end have 9 bytes, the record 10"},
    {"A char(9)\n\nB char(2)", 3, "field B reaches beyond the record of 10 bytes"},
    {"A char(2) occurs=9999999", 1, "field A reaches beyond the record of 10 bytes"},
    {"A char(5)\nA char(5)", 2, "field A stands here twice"},
    {"1A char(10)", 1, "'1A' is no name of a field"},
    {"A", 1, "field A has no type"},
    {"A chars(10)", 1, "the type 'chars' is not known"},
    {"A char(10", 1, "'char(10' lacks a closing parenthesis"},
    {"A char", 1, "'' is no number from 1 to 10000000"},
    {"A char(0)", 1, "'0' is no number from 1 to 10000000"},
    {"A char(10,2)", 1, "char has no decimals"},
    {"A packed(32)", 1, "'32' is no number from 1 to 31"},
    {"A packed(3,4)", 1, "'4' is no number from 0 to 3"},
    {"A binary(3)", 1, "binary has no length of 3"},
    {"A float(2)", 1, "float has no length of 2"},
    {"A char(10) unsigned", 1, "the option 'unsigned' is not known for char"},
    {"A char(10) nullable nullable", 1, "the option 'nullable' stands here twice"},
    {"A char(10) ccsid=850", 1, "code page 850 is not known"},
    {"A packed(9) ccsid=37", 1, "packed has no code page"},
    {"A zoned(10) ccsid=65535", 1, "zoned needs a code page"},
    {"A char(10) blank=zero", 1, "'blank' is an option of numbers and dates"},
    {"A packed(9) blank=error", 1, "the option 'blank=error' is not known for packed"},
    {"A date", 1, "date needs the option 'iso'"},
    {"A date(10) iso", 1, "date has no length"},
    {"A char(10) iso", 1, "the option 'iso' is not known for char"},
    {"A char(10) date=HHMMSS", 1, "'HHMMSS' is no form of a date"},
    {"A char(9) date=YYYY-MM-DD", 1, "char(9) is too short for YYYY-MM-DD"},
    {"A zoned(10) date=YYYY-MM-DD", 1, "zoned(10) cannot hold YYYY-MM-DD"},
    {"A zoned(10,2) date=YYYYMMDD", 1, "zoned(10,2) cannot hold YYYYMMDD"},
    {"A binary(2) date=YYYYMMDD", 1, "binary(2) is too short for YYYYMMDD"},
    {"A float(8) date=YYYYMMDD", 1, "float(8) cannot hold YYYYMMDD"},
    {"A packed(9) window=1950", 1, "'window' is an option of dates"},
    {"A zoned(8) date=YYYYMMDD window=1950", 1, "'window' is an option of dates with two digits for the year"},
    {"A text(10,2)", 1, "text has decimals only with the option 'number'"},
    {"A text(3,2) number", 1, "text(3,2) is too short for its decimals"},
};

INSTANTIATE_TEST_SUITE_P(All, Slips, testing::ValuesIn(slips));

TEST(FieldBlock, MustHoldTheKey) {
  RecordFormat format;
  format.length = 10;
  format.ccsid = 273;
  format.key = {"KAID"};
  EXPECT_THROW(parse_fields("A char(10)", format), Malformed);
  format.ccsid = 4711;
  EXPECT_THROW(parse_fields("KAID char(10)", format), Malformed);
}

}  // namespace
}  // namespace dfi::records
