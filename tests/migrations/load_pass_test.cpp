// SPDX-License-Identifier: Apache-2.0
#include "messages/record_pass.hpp"
#include "migrations/engine/file_digest.hpp"
#include "tests/migrations/load_bench.hpp"

namespace dfi::migrations {
namespace {

class LoadPasses : public LoadBench {};

TEST_F(LoadPasses, FillTheTablesOfAFreshFile) {
  write_input(record1(1, "M\xfcller", 1250) + record1(2, "Ober", 0));
  auto result = run();
  EXPECT_EQ(result.read, 2u);
  EXPECT_EQ(result.written, 2u);
  EXPECT_EQ(value("SELECT KAID, KANAME FROM FAXKA"), "1 Müller 2 Ober ");
  EXPECT_EQ(value("SELECT KANO FROM FAXCOST"), "1 ");
  EXPECT_EQ(value("PRAGMA user_version"), "3 ");
  EXPECT_EQ(value("SELECT name FROM sqlite_master ORDER BY name"), "CHEAP FAXCOST FAXCOST1 FAXKA FAXKA1 ");
  EXPECT_EQ(value("PRAGMA freelist_count"), "0 ");
  EXPECT_EQ(files(), std::vector<std::string>{"FAXKA.db"});
  ASSERT_EQ(result.totals.size(), 2u);
  EXPECT_EQ(result.totals[1].conversion, "CVTKA3");
  EXPECT_TRUE(has_digest(root / "run/FAXKA.db", result.output_digest));
}

TEST_F(LoadPasses, MakeTheSameBytesOnAnyNumberOfThreads) {
  write_input(records1(20'000));
  std::vector<std::string> expected;
  for (unsigned threads : {1u, 2u, 5u}) {
    forget_results();
    policy.threads = threads;
    run();
    if (expected.empty()) expected = results();
    EXPECT_EQ(results(), expected);
  }
}

TEST_F(LoadPasses, NameTheRecordThatATableRefuses) {
  write_input(record1(1, "Meier", 5) + record1(2, "verboten", 5));
  auto refused = refusal_of([&] { run(); });
  EXPECT_EQ(refused.message().id, msg::record_refused);
  EXPECT_EQ(refused.arg("kind"), "refused_by_table");
  EXPECT_EQ(refused.arg("record"), "2");
  EXPECT_EQ(refused.arg("conversion"), "CVTKA3");
  EXPECT_NE(refused.arg("reason").find("CHECK constraint failed"), std::string::npos);
}

// SQLite would round them without a word.
TEST_F(LoadPasses, RefuseANumberThatItsColumnCannotKeep) {
  const auto format = record_format(3, 60, records::Ends::none, "A zoned(31)\nB zoned(11,2)\nC zoned(10)\nD float(8)");
  records::Step step;
  step.conversion = "CVTKA4";
  step.from = format;
  records::RowSpec row;
  row.table = "T";
  row.columns = {"A", "B", "C", "D"};
  step.rows = {row};
  const auto exact = program_of({step});
  const auto record = [&](const std::string& a, const std::string& b) {
    return records::make_record(*format, {{"A", a}, {"B", b}, {"C", "7"}, {"D", "1.5"}});
  };
  const auto field_refused = [&](const std::string& tables) {
    forget_results();
    auto keeper = supervisor();
    try {
      run_load_pass(pass(exact, "FAXKA.db"), tables, 3, policy, keeper);
    } catch (const Error& error) {
      EXPECT_EQ(error.arg("kind"), "refused_by_table");
      return error.arg("field");
    }
    return value("SELECT A, B, C, D FROM T");
  };
  write_input(record("9007199254740993", "12.50"));
  EXPECT_EQ(field_refused("CREATE TABLE T(A INTEGER, B TEXT, C REAL, D REAL)"), "9007199254740993 12.50 7.0 1.5 ");
  EXPECT_EQ(field_refused("CREATE TABLE T(A, B BLOB, C INTEGER, D)"), "9007199254740993 12.50 7 1.5 ");
  EXPECT_EQ(field_refused("CREATE TABLE T(A INTEGER, B ANY, C INTEGER, D REAL) STRICT"),
            "9007199254740993 12.50 7 1.5 ");
  for (const char* type : {"INTEGER", "REAL", "NUMERIC", "DECIMAL(11,2)", "ANY"})
    EXPECT_EQ(field_refused(fmt::format("CREATE TABLE T(A INTEGER, B {}, C INTEGER, D REAL)", type)), "B") << type;
  EXPECT_EQ(field_refused("CREATE TABLE T(A REAL, B TEXT, C INTEGER, D REAL)"), "A");
  write_input(record("9223372036854775808", "12.50"));
  EXPECT_EQ(field_refused("CREATE TABLE T(A INTEGER, B TEXT, C INTEGER, D REAL)"), "A");
  EXPECT_EQ(field_refused("CREATE TABLE T(A TEXT, B TEXT, C INTEGER, D REAL)"), "9223372036854775808 12.50 7 1.5 ");
  auto not_a_number = record("1", "1");
  not_a_number.replace(52, 8, std::string("\x7f\xf8") + std::string(6, '\0'));
  write_input(not_a_number);
  EXPECT_EQ(field_refused("CREATE TABLE T(A INTEGER, B TEXT, C INTEGER, D REAL)"), "D");
}

// A record that a table refuses leaves no row, counts in no total and keeps no key.
TEST_F(LoadPasses, RejectWhatATableRefusesAsAWhole) {
  write_input(record1(5, "verboten", 50) + record1(4, "Ober", 100) + record1(5, "Meier", 200) +
              record1(5, "Lehmann", 300));
  on_error = OnError::reject;
  max_rejects.records = 2;
  auto result = run();
  EXPECT_EQ(result.rejected, 2u);
  EXPECT_EQ(value("SELECT KAID, KANAME FROM FAXKA ORDER BY KAID"), "4 Ober 5 Meier ");
  EXPECT_EQ(value("SELECT KANO, COST FROM FAXCOST ORDER BY KANO").substr(0, 2), "4 ");
  EXPECT_EQ(value("SELECT count(*) FROM FAXCOST"), "2 ");
  EXPECT_EQ(result.totals[0].before, "3.00");
  EXPECT_EQ(result.totals[1].after, result.totals[1].before);
}

// What is told is what a pass with `reject` leaves out: each record once, although the pass begins again without the
// duplicates that it found.
TEST_F(LoadPasses, TellEachRefusedRecordOnceByTheRoundThatCounts) {
  auto record_step = step1to2();
  record_step.unique = {"KANAME"};
  const auto twice = program_of({record_step, load_step()});
  // The second record repeats the name of the first one. Without it the third keeps the number that both have, and the
  // fourth no longer does; the fifth repeats the name of the third.
  write_input(record1(9, "Meier", 100) + record1(5, "Meier", 200) + record1(5, "Ober", 300) +
              record1(5, "Lehmann", 400) + record1(1, "Ober", 500));
  policy.collect = true;
  auto keeper = supervisor();
  const auto result = run_load_pass(pass(twice, "FAXKA.db"), load_schema, 3, policy, keeper);
  EXPECT_EQ(result.rejected, 3u);
  std::vector<std::string> told;
  for (const auto& refusal : keeper.refusals)
    told.push_back(fmt::format("{} {} {} {} {} {}", refusal.record, refusal.kind, refusal.field, refusal.offset,
                               refusal.hex, text(refusal.reason, Language::english)));
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[0].find("2 duplicate_key KANAME 49 4D"), 0u) << told[0];
  EXPECT_EQ(told[1].find("4 refused_by_table KAID 120 30"), 0u) << told[1];
  EXPECT_NE(told[1].find("UNIQUE constraint failed: FAXKA.KAID"), std::string::npos) << told[1];
  EXPECT_EQ(told[2].find("5 duplicate_key KANAME 169 4F"), 0u) << told[2];
  EXPECT_EQ(value("SELECT KAID, KANAME FROM FAXKA ORDER BY KAID"), "5 Ober 9 Meier ");
}

// A column of another name than the field: the operator must find the bytes all the same.
TEST_F(LoadPasses, FindTheFieldBehindAColumnOfAnotherName) {
  auto load = load_step();
  load.rows[0].columns = {"NUMBER", "TITLE"};
  load.rows[0].map = {{"NUMBER", "number(text(KAID))", 1}, {"TITLE", "concat(KANAME, KACOST)", 2}};
  load.rows.pop_back();
  load.sums.clear();
  load.unique = {"NUMBER"};
  const auto renamed = program_of({step1to2(), load});
  const auto refused = [&](const std::string& table) {
    forget_results();
    auto keeper = supervisor();
    const auto error = refusal_of([&] { run_load_pass(pass(renamed, "FAXKA.db"), table, 3, policy, keeper); });
    return error.arg("kind") + " " + error.arg("field") + " " + error.arg("field_offset") + " " +
           error.arg("field_length") + " " + error.arg("hex");
  };
  write_input(record1(7, "A", 1) + record1(7, "A", 1));
  const std::string seven = " 0 9 303030303030303037";
  EXPECT_EQ(refused("CREATE TABLE FAXKA(NUMBER INTEGER UNIQUE, TITLE TEXT)"), "refused_by_table KAID" + seven);
  EXPECT_EQ(refused("CREATE TABLE FAXKA(NUMBER INTEGER, TITLE TEXT)"), "duplicate_key KAID" + seven);
  EXPECT_EQ(refused("CREATE TABLE FAXKA(NUMBER INTEGER, TITLE TEXT UNIQUE)"), "refused_by_table TITLE 0 0 –")
      << "made of two fields";
  EXPECT_EQ(refused("CREATE TABLE FAXKA(NUMBER INTEGER, TITLE TEXT, UNIQUE(NUMBER, TITLE))"),
            "refused_by_table NUMBER, TITLE 0 0 –");
  EXPECT_EQ(refused("CREATE TABLE FAXKA(NUMBER INTEGER CHECK(NUMBER > 9), TITLE TEXT)"), "refused_by_table  0 0 –");
}

TEST_F(LoadPasses, LoadAnEmptyFile) {
  write_input("");
  EXPECT_EQ(run().read, 0u);
  EXPECT_EQ(value("SELECT count(*) FROM FAXKA"), "0 ");
}

}  // namespace
}  // namespace dfi::migrations
