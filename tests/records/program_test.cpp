// SPDX-License-Identifier: Apache-2.0
// What a program promises beside its bytes: totals, keys, rows, and what cannot be compiled.
#include "migrations/records/program.hpp"

#include "tests/records/support.hpp"

namespace dfi::records {
namespace {

Step example(std::vector<Assignment> map = {}) {
  return make_step(make_format(1, "ID packed(5)\nCOST packed(9,2)\nNAME char(5)"),
                   make_format(2, "ID text(6) number\nCOST zoned(9,3)\nNAME char(10)", 1208), std::move(map));
}

TEST(Compile, NamesWhatDoesNotFitTogether) {
  auto step = example();
  EXPECT_EQ(malformed({step}), "");
  EXPECT_EQ(malformed({}), "a program has at least one step");
  EXPECT_EQ(malformed({step, step}), "CVTKA2 does not go on where CVTKA2 ends");
  EXPECT_EQ(malformed({example({{"NEU", "NAME"}})}), "NEU is no field or column of the new level");
  EXPECT_EQ(malformed({example({{"ID", "ID"}, {"ID", "1"}})}), "ID is made twice");
  EXPECT_EQ(malformed({example({{"ID", "1"}})}), "the field ID vanishes; name it in 'drop'");
  step.to = make_format(2, "ID packed(5)\nNEU char(1)");
  EXPECT_EQ(malformed({step}), "the field NEU of the new level has no source");
  step = example();
  step.drop = {"KARES"};
  EXPECT_EQ(malformed({step}), "KARES cannot be dropped: it is no field of the old level");
  step = example();
  step.allow = {{"KARES", true, Allowance::Round::never, {}, false}};
  EXPECT_EQ(malformed({step}), "KARES is allowed something, but is no field of the new level");
  step.to = make_format(2, "ID packed(5)\nCOST packed(9,2)\nNAME char(5)");
  step.allow = {{"NAME", true, Allowance::Round::never, U'€', false}};
  EXPECT_EQ(malformed({step}), "what stands for unmappable characters of NAME does not exist in its code page");
  step = example();
  step.sums = {"NAME"};
  EXPECT_EQ(malformed({step}), "the sum NAME is no number of the old level");
  step = example();
  step.unique = {"KARES"};
  EXPECT_EQ(malformed({step}), "the unique key KARES is no field of the new level");
  step.to = nullptr;
  EXPECT_EQ(malformed({step}), "the step makes neither a record nor a row");
  RowSpec row;
  row.table = "T";
  row.columns = {"ID", "COST", "NAME"};
  row.when = "COST";
  step.rows = {row};
  step.unique = {"ID"};
  EXPECT_EQ(malformed({step}), "the unique key stands in the first row, which therefore can have no 'when'");
  step.unique = {};
  EXPECT_EQ(malformed({step}), "");
}

TEST(Totals, AreExactOnBothSidesAndLeaveOutWhatIsRefused) {
  auto step = example();
  step.sums = {"COST", "ID"};
  const auto program = Program::compile({step});
  Desk desk(program), other(program);
  for (int i = 1; i <= 100; ++i)
    convert(program, i % 2 == 0 ? desk : other,
            make_record(*step.from, {{"ID", std::to_string(i)}, {"COST", "-999999.99"}}));
  EXPECT_EQ(convert(program, desk, make_record(*step.from, {{"COST", "9999999.99"}})).kind, "overflow");
  desk.add(other.totals());
  const auto totals = desk.totals();
  ASSERT_EQ(totals.size(), 2u);
  EXPECT_EQ(totals[0].field, "COST");
  EXPECT_EQ(totals[0].before, "-99999999.000");
  EXPECT_EQ(totals[0].after, "-99999999.000");
  EXPECT_EQ(totals[1].before, "5050");
  EXPECT_EQ(totals[1].after, "5050");
}

TEST(Totals, DifferWhereDecimalsAreRounded) {
  auto step = make_step(make_format(1, "COST packed(9,2)"), make_format(2, "COST packed(9,1)"));
  step.sums = {"COST"};
  step.allow = {{"COST", false, Allowance::Round::half_up, {}, false}};
  const auto program = Program::compile({step});
  Desk desk(program);
  convert(program, desk, make_record(*step.from, {{"COST", "1.25"}}));
  EXPECT_EQ(desk.totals()[0].before, "1.25");
  EXPECT_EQ(desk.totals()[0].after, "1.30");
}

/// Keys of values in ascending order must ascend as bytes.
void expect_order(const std::string& field, const std::vector<std::string>& values) {
  auto step = make_step(make_format(1, "F " + field), make_format(2, "F " + field));
  step.unique = {"F"};
  const auto program = Program::compile({step});
  Desk desk(program);
  std::string last;
  for (const auto& value : values) {
    ASSERT_EQ(convert(program, desk, make_record(*step.from, {{"F", value}})).kind, "");
    EXPECT_LT(last, desk.key(0)) << field << " " << value;
    last = desk.key(0);
  }
}

TEST(Key, HasTheOrderOfItsValues) {
  expect_order("packed(9,2)", {"-9999999.99", "-1.01", "-1.00", "0", "0.01", "1", "9999999.99"});
  expect_order("zoned(31)", {"-9999999999999999999999999999999", "-1", "0", "1", "9999999999999999999999999999999"});
  expect_order("binary(8) unsigned", {"0", "9223372036854775807", "9223372036854775808", "18446744073709551615"});
  expect_order("binary(1)", {"-128", "-1", "0", "127"});
  expect_order("text(6,1) number nullable", {"", "-99.9", "0", "99.9"});
  expect_order("float(8)", {"-2", "-1.5", "0", "0.5", "3"});
  expect_order("char(5)", {"", "A", "AB", "B", "ä", "äa"});
  expect_order("date iso nullable", {"", "1999-12-31", "2000-01-01"});
  expect_order("timestamp iso", {"1999-12-31T23:59:59", "2000-01-01T00:00:00"});
}

TEST(Key, OfSeveralFieldsDoesNotRunTogether) {
  auto step = make_step(make_format(1, "A char(3)\nB char(3)", 819), make_format(2, "A char(3)\nB char(3)", 819));
  step.unique = {"A", "B"};
  const auto program = Program::compile({step});
  Desk desk(program);
  convert(program, desk, "ab c  ");
  const std::string one(desk.key(0));
  convert(program, desk, "a  bc ");
  EXPECT_NE(one, desk.key(0));
  convert(program, desk, std::string("ab\0c\0\0", 6));
  EXPECT_EQ(one, desk.key(0)) << "padding does not count";
}

TEST(Rows, HaveTheTypesOfTheirColumns) {
  auto step =
      make_step(make_format(1,
                            "ID packed(9)\nNAME char(9)\nCOST packed(9,2)\nDAY zoned(8) date=YYYYMMDD nullable\n"
                            "RATE float(8)\nRAW reserved(2)\nBIG zoned(31)"),
                nullptr);
  step.rows = {{"FAXKA",
                "",
                {"ID", "NAME", "COST", "CENT", "DAY", "RATE", "RAW", "BIG", "OTHER"},
                {{"CENT", "unscaled(COST)"}}}};
  step.sums = {"COST", "ID"};
  step.unique = {"ID"};
  const auto program = Program::compile({step});
  EXPECT_TRUE(program.makes_rows());
  Desk desk(program);
  std::vector<Row> rows;
  const std::string big(31, '9');
  const auto record = make_record(
      *step.from,
      {{"ID", "-7"}, {"NAME", "Müller"}, {"COST", "12.50"}, {"RATE", "0.5"}, {"RAW", "X'00FF'"}, {"BIG", big}});
  ASSERT_TRUE(program.convert(desk, record.data(), rows));
  ASSERT_EQ(rows.size(), 1u);
  const std::vector<std::pair<std::size_t, ColumnValue>> expected = {{0, std::int64_t{-7}},
                                                                     {1, std::string("Müller")},
                                                                     {2, std::string("12.50")},
                                                                     {3, std::int64_t{1250}},
                                                                     {4, std::monostate()},
                                                                     {5, 0.5},
                                                                     {6, std::vector<char>{'\0', '\xFF'}},
                                                                     {7, big}};
  EXPECT_EQ(rows[0].values, expected);
  EXPECT_FALSE(desk.key(0).empty());
  EXPECT_EQ(desk.totals()[0].before, "12.50");
  EXPECT_EQ(desk.totals()[0].after, "12.50");
  EXPECT_EQ(desk.totals()[1].after, "-7");
}

TEST(Rows, AreMadeWhereTheirConditionHolds) {
  auto step = make_step(make_format(1, "ID packed(9)\nSTAT char(1)"), nullptr);
  step.rows = {{"FAXKA", "", {"ID"}, {}}, {"STATUS", "STAT", {"ID", "STAT"}, {}}};
  const auto program = Program::compile({step});
  Desk desk(program);
  std::vector<Row> rows;
  ASSERT_TRUE(program.convert(desk, make_record(*step.from, {{"STAT", "S"}}).data(), rows));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].spec, 1u);
  ASSERT_TRUE(program.convert(desk, make_record(*step.from, {}).data(), rows));
  EXPECT_EQ(rows.size(), 1u);
}

TEST(Rows, OfAFusedProgramNameTheStepThatRefuses) {
  const auto one = make_format(1, "ID packed(9)\nDAY zoned(8)"), two = make_format(2, "ID packed(5)\nDAY zoned(8)");
  auto load = make_step(two, nullptr);
  load.rows = {{"FAXKA", "", {"ID", "DAY"}, {{"DAY", "date(DAY, 'YYYYMMDD')"}}}};
  const auto program = Program::compile({make_step(one, two), load});
  Desk desk(program);
  std::vector<Row> rows;
  ASSERT_FALSE(program.convert(desk, make_record(*one, {{"ID", "123456"}}).data(), rows));
  EXPECT_EQ(failed(desk.fault()).field, "ID");
  EXPECT_EQ(desk.fault().step, 0u);
  ASSERT_FALSE(program.convert(desk, make_record(*one, {{"DAY", "20201301"}}).data(), rows));
  EXPECT_EQ(desk.fault().step, 1u);
  EXPECT_EQ(desk.fault().field, "DAY");
  EXPECT_EQ(desk.fault().offset, 5u);
  ASSERT_TRUE(program.convert(desk, make_record(*one, {{"ID", "12345"}, {"DAY", "20201231"}}).data(), rows));
  EXPECT_EQ(rows[0].values[1].second, ColumnValue(std::string("2020-12-31")));
}

}  // namespace
}  // namespace dfi::records
