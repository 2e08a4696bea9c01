// SPDX-License-Identifier: Apache-2.0
// What was written to a data file since it had a known content: told row by row, and what the older level may have is
// put into it, with all that belongs to it or not at all.
#include <gmock/gmock.h>

#include "base/hash.hpp"
#include "tests/migrations/box.hpp"

namespace dfi::migrations {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Level 2 has jobs with parts, and parts with bits. Level 1 knows neither a job's colour nor that a text may be long.
class CarryOver : public Box {
 protected:
  static constexpr const char* parts_and_bits =
      "CREATE TABLE PART(JOB INTEGER NOT NULL REFERENCES JOB(ID) ON DELETE CASCADE, NAME TEXT NOT NULL {}, N INTEGER,"
      "  PRIMARY KEY(JOB, NAME)) WITHOUT ROWID;"
      "CREATE TABLE BIT(ID INTEGER PRIMARY KEY, JOB INTEGER NOT NULL, NAME TEXT NOT NULL, B BLOB {},"
      "  FOREIGN KEY(JOB, NAME) REFERENCES PART);"
      "CREATE TABLE OTHER(A, B)";

  CarryOver() {
    format(1, "CREATE TABLE JOB(ID INTEGER PRIMARY KEY AUTOINCREMENT, KEY TEXT UNIQUE, STATE TEXT NOT NULL);" +
                  limited("CHECK(length(NAME) < 9)", "CHECK(B IS NOT x'00')"));
    format(
        2,
        "CREATE TABLE JOB(ID INTEGER PRIMARY KEY AUTOINCREMENT, KEY TEXT UNIQUE, STATE TEXT NOT NULL, COLOUR TEXT);" +
            limited("", ""));
    carry("JOB", "STATE = 'queued'", "[\"STATE\"]");
    carry("PART", "JOB IN(SELECT ID FROM JOB WHERE STATE = 'queued')", "[\"N\"]");
    carry("BIT", "true", "[]");
    const auto all = catalogue();
    all.create(older(), 1);
    all.create(file, 2);
    bench.sql("OLD", first_rows());
    bench.sql("BOX", first_rows());
  }

  static std::string limited(const std::string& name, const std::string& bytes) {
    std::string text = parts_and_bits;
    for (const auto& limit : {name, bytes}) text.replace(text.find("{}"), 2, limit);
    return text;
  }
  static const char* first_rows() {
    return "INSERT INTO JOB(ID, KEY, STATE) VALUES(1, 'a', 'queued'), (2, 'b', 'queued');"
           "INSERT INTO PART VALUES(1, 'one', 1), (2, 'one', 1)";
  }
  void carry(const std::string& table, const std::string& requeue, const std::string& follow) const {
    const auto path = bench.root() / "d/formats/BOX.2.toml";
    bench.write("d/formats/BOX.2.toml", read_file(path) + "[[carry_over]]\ntable = \"" + table + "\"\nrequeue = \"" +
                                            requeue + "\"\nfollow = " + follow + "\n");
  }
  DataFile older() const { return {"BOX", bench.root() / "OLD"}; }
  /// The content so far is what the conversion made.
  void open() const { fs::copy_file(file.path, bench.root() / "THEN", fs::copy_options::overwrite_existing); }
  /// Since then.
  void written(const std::string& sql) const {
    open();
    bench.sql("BOX", "PRAGMA foreign_keys = ON;" + sql);
  }
  Catalogue::Carried carried(bool into_older = true) {
    lines.clear();
    return catalogue().carry_over(file, 2, bench.root() / "THEN", into_older ? older().path : fs::path(),
                                  [&](const Json& line) { lines.push_back(line); });
  }
  std::string in_older(const std::string& query) const { return value(older().path, query); }
  /// Of the line about this table and key; empty if there is none.
  Json line_of(const std::string& table, const Json& key) const {
    for (const auto& line : lines)
      if (line.at("table") == table && line.at("key") == key) return line;
    return Json::object();
  }

  std::vector<Json> lines;
};

TEST_F(CarryOver, OfAFileThatNobodyWroteToIsNothing) {
  open();
  const auto before = sha256_file(older().path);
  EXPECT_FALSE(carried().any());
  EXPECT_THAT(lines, IsEmpty());
  EXPECT_EQ(sha256_file(older().path), before);
}

TEST_F(CarryOver, TellsEachRowByItsKeyWithWhatItIsAndWas) {
  written(
      "INSERT INTO JOB VALUES(7, 'c', 'sent', 'red'); UPDATE JOB SET COLOUR = 'blue' WHERE ID = 1;"
      "DELETE FROM PART WHERE JOB = 2");
  const auto found = carried(false);
  EXPECT_EQ(found.created, 1u);
  EXPECT_EQ(found.changed, 1u);
  EXPECT_EQ(found.deleted, 1u);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].dump(), R"({"table":"PART","change":"deleted","key":{"JOB":2,"NAME":"one"},)"
                             R"("values":{"JOB":2,"NAME":"one","N":1}})");
  EXPECT_EQ(lines[1].dump(),
            R"({"table":"JOB","change":"changed","key":{"ID":1},"values":{"ID":1,"KEY":"a","STATE":"queued",)"
            R"("COLOUR":"blue"},"before":{"ID":1,"KEY":"a","STATE":"queued","COLOUR":null}})");
  EXPECT_EQ(lines[2].dump(), R"({"table":"JOB","change":"new","key":{"ID":7},)"
                             R"("values":{"ID":7,"KEY":"c","STATE":"sent","COLOUR":"red"}})");
}

TEST_F(CarryOver, TellsEveryTypeOfValue) {
  written("INSERT INTO OTHER VALUES(x'00ff', 1.5), (CAST(x'ff' AS TEXT), NULL), ('grün', -9223372036854775808)");
  EXPECT_EQ(carried(false).created, 3u);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["values"].dump(), R"({"A":{"hex":"00ff"},"B":1.5})");
  EXPECT_EQ(lines[1]["values"].dump(), R"({"A":{"text_hex":"ff"},"B":null})");
  EXPECT_EQ(lines[2]["values"].dump(), R"({"A":"grün","B":-9223372036854775808})");
}

TEST_F(CarryOver, SeesThatAValueHasAnotherTypeOnly) {
  bench.sql("BOX", "INSERT INTO OTHER VALUES(1, 'x')");
  written("UPDATE OTHER SET A = '1'");
  EXPECT_EQ(carried(false).changed, 1u);
  EXPECT_EQ(lines.at(0)["key"].dump(), R"({"rowid":1})") << "a table without a key";
}

TEST_F(CarryOver, PutsNewRowsBackByTheColumnsThatBothLevelsHave) {
  written(
      "INSERT INTO JOB VALUES(7, 'c', 'queued', 'red'), (8, 'd', 'sent', NULL); INSERT INTO PART VALUES(7, 'x', 3),"
      " (8, 'x', 4); INSERT INTO BIT VALUES(1, 7, 'x', x'0102')");
  const auto found = carried();
  EXPECT_EQ(found.created, 5u);
  EXPECT_EQ(found.requeued, 3u);
  EXPECT_EQ(found.refused, 0u);
  EXPECT_EQ(in_older("SELECT group_concat(ID || KEY || STATE) FROM JOB"), "1aqueued,2bqueued,7cqueued");
  EXPECT_EQ(in_older("SELECT group_concat(JOB || NAME || N) FROM PART"), "1one1,2one1,7x3");
  EXPECT_EQ(in_older("SELECT hex(B) FROM BIT"), "0102");
  EXPECT_EQ(line_of("JOB", {{"ID", 7}})["requeued"], true);
  EXPECT_FALSE(line_of("JOB", {{"ID", 8}}).contains("requeued")) << "it is done";
  EXPECT_FALSE(line_of("PART", {{"JOB", 8}, {"NAME", "x"}}).contains("requeued"));
}

TEST_F(CarryOver, FollowsTheNamedColumnsOfChangedRowsAndLosesDeletedOnes) {
  written(
      "UPDATE JOB SET STATE = 'sent', KEY = 'other' WHERE ID = 1; UPDATE PART SET N = 9 WHERE JOB = 1;"
      "DELETE FROM JOB WHERE ID = 2");
  const auto found = carried();
  EXPECT_EQ(found.changed, 2u);
  EXPECT_EQ(found.deleted, 2u);
  EXPECT_EQ(found.followed, 4u);
  EXPECT_EQ(in_older("SELECT group_concat(ID || KEY || STATE) FROM JOB"), "1asent") << "KEY is not followed";
  EXPECT_EQ(in_older("SELECT group_concat(JOB || NAME || N) FROM PART"), "1one9");
  for (const auto& line : lines) EXPECT_EQ(line["followed"], true) << line.dump();
}

TEST_F(CarryOver, LeavesARowAloneWhoseOtherColumnsChanged) {
  written("UPDATE JOB SET COLOUR = 'red', KEY = 'x' WHERE ID = 1");
  bench.sql("OLD", "UPDATE JOB SET STATE = 'mine' WHERE ID = 1");
  EXPECT_EQ(carried().followed, 0u);
  EXPECT_FALSE(lines.at(0).contains("followed"));
  EXPECT_EQ(in_older("SELECT KEY || STATE FROM JOB WHERE ID = 1"), "amine");
}

TEST_F(CarryOver, ListsAChangedRowThatTheOlderFileDoesNotHave) {
  bench.sql("OLD", "DELETE FROM JOB WHERE ID = 2");
  written("UPDATE JOB SET STATE = 'sent' WHERE ID = 2");
  EXPECT_EQ(carried().refused, 1u);
  EXPECT_EQ(lines.at(0)["reason"], "the older file has no such row");
}

TEST_F(CarryOver, PutsARowBackWithAllThatBelongsToItOrNotAtAll) {
  written(
      "INSERT INTO JOB VALUES(7, 'c', 'queued', NULL), (8, 'd', 'queued', NULL);"
      "INSERT INTO PART VALUES(7, 'x', 1), (7, 'far too long', 2), (8, 'y', 3);"
      "INSERT INTO BIT VALUES(1, 7, 'x', NULL), (2, 8, 'y', NULL), (3, 1, 'one', NULL)");
  const auto found = carried();
  EXPECT_EQ(found.requeued, 4u);
  EXPECT_EQ(found.refused, 4u) << "7, its two parts and the bit of one of them";
  EXPECT_EQ(in_older("SELECT group_concat(ID) FROM JOB"), "1,2,8");
  EXPECT_EQ(in_older("SELECT group_concat(JOB || NAME) FROM PART"), "1one,2one,8y");
  EXPECT_EQ(in_older("SELECT group_concat(ID) FROM BIT"), "2,3") << "1one was there before";
  EXPECT_THAT(line_of("PART", {{"JOB", 7}, {"NAME", "far too long"}})["reason"].get<std::string>(),
              testing::StartsWith("CHECK constraint failed"));
  for (const auto& line :
       {line_of("JOB", {{"ID", 7}}), line_of("PART", {{"JOB", 7}, {"NAME", "x"}}), line_of("BIT", {{"ID", 1}})}) {
    EXPECT_EQ(line["requeued"], false) << line.dump();
    EXPECT_THAT(line["reason"].get<std::string>(),
                HasSubstr("goes with a row of PART that is not taken: CHECK constraint failed"));
  }
}

TEST_F(CarryOver, ReachesTheWholeFamilyFromItsSmallestMember) {
  written(
      "INSERT INTO JOB VALUES(7, 'c', 'queued', NULL); INSERT INTO PART VALUES(7, 'x', 1), (7, 'y', 1);"
      "INSERT INTO BIT VALUES(1, 7, 'x', x'00'), (2, 7, 'y', x'01')");
  const auto before = in_older("SELECT group_concat(ID) FROM JOB");
  const auto found = carried();
  EXPECT_EQ(found.requeued, 0u);
  EXPECT_EQ(found.refused, 5u);
  EXPECT_EQ(in_older("SELECT group_concat(ID) FROM JOB"), before);
  EXPECT_EQ(in_older("SELECT count(*) FROM PART WHERE JOB = 7"), "0");
}

TEST_F(CarryOver, GivesTheChildrenOfARefusedRowToNoOtherRowOfItsNumber) {
  bench.sql("OLD", "INSERT INTO JOB VALUES(7, 'mine', 'queued')");
  written("INSERT INTO JOB VALUES(7, 'c', 'queued', NULL); INSERT INTO PART VALUES(7, 'x', 1)");
  EXPECT_EQ(carried().refused, 2u);
  EXPECT_EQ(in_older("SELECT KEY FROM JOB WHERE ID = 7"), "mine");
  EXPECT_EQ(in_older("SELECT count(*) FROM PART WHERE JOB = 7"), "0");
  EXPECT_THAT(line_of("PART", {{"JOB", 7}, {"NAME", "x"}})["reason"].get<std::string>(), HasSubstr("a row of JOB"));
}

TEST_F(CarryOver, KeepsARowThatWasThereBeforeWhenOneThatCameToItIsRefused) {
  written("INSERT INTO PART VALUES(1, 'far too long', 1)");
  EXPECT_EQ(carried().refused, 1u);
  EXPECT_EQ(in_older("SELECT group_concat(ID) FROM JOB"), "1,2");
}

TEST_F(CarryOver, GivesWhatADeletedRowOccupiedToANewOne) {
  written("DELETE FROM JOB WHERE ID = 2; INSERT INTO JOB VALUES(7, 'b', 'queued', NULL)");
  const auto found = carried();
  EXPECT_EQ(found.requeued, 1u);
  EXPECT_EQ(found.refused, 0u);
  EXPECT_EQ(in_older("SELECT group_concat(ID || KEY) FROM JOB"), "1a,7b");
}

TEST_F(CarryOver, LetsNoNumberBeGivenTwice) {
  written("INSERT INTO JOB VALUES(41, 'c', 'sent', NULL)");
  EXPECT_EQ(carried().requeued, 0u);
  bench.sql("OLD", "INSERT INTO JOB(KEY, STATE) VALUES('next', 'queued')");
  EXPECT_EQ(in_older("SELECT ID FROM JOB WHERE KEY = 'next'"), "42");
}

TEST_F(CarryOver, ListsARowThatATriggerOfTheOlderFileIgnores) {
  bench.sql("OLD", "CREATE TRIGGER MINE BEFORE INSERT ON JOB BEGIN SELECT RAISE(IGNORE); END");
  written("INSERT INTO JOB VALUES(7, 'c', 'queued', NULL)");
  EXPECT_EQ(carried().refused, 1u);
  EXPECT_EQ(lines.at(0)["reason"], "the older file ignores the row");
}

TEST_F(CarryOver, ReplacesNothingInTheOlderFile) {
  bench.sql(
      "OLD",
      "DROP TABLE OTHER; CREATE TABLE OTHER(A PRIMARY KEY ON CONFLICT REPLACE, B); INSERT INTO OTHER VALUES(1, 2)");
  carry("OTHER", "true", "[]");
  written("INSERT INTO OTHER VALUES(1, 3)");
  EXPECT_EQ(carried().refused, 1u);
  EXPECT_EQ(in_older("SELECT B FROM OTHER"), "2");
}

TEST_F(CarryOver, TellsTheRowsOfATableThatUsersChangedAsDeletedAndNew) {
  bench.sql("BOX", "CREATE TABLE USR(A); INSERT INTO USR VALUES('x')");
  written("DROP TABLE USR; CREATE TABLE USR(A, B); INSERT INTO USR VALUES('x', 'y'); CREATE TABLE FRESH(A)");
  const auto found = carried();
  EXPECT_EQ(found.created, 1u);
  EXPECT_EQ(found.deleted, 1u);
  EXPECT_EQ(found.requeued, 0u);
}

TEST_F(CarryOver, KeepsTheJournalModeOfTheOlderFileAndLeavesNothingBesideIt) {
  for (const char* mode : {"wal", "delete"}) {
    bench.sql("OLD", std::string("PRAGMA journal_mode = ") + mode);
    written("DELETE FROM JOB WHERE ID > 5; INSERT INTO JOB(KEY, STATE) VALUES('" + std::string(mode) + "', 'queued')");
    EXPECT_EQ(carried().requeued, 1u);
    EXPECT_THAT(names_in(bench.root()), testing::Not(testing::Contains(HasSubstr("OLD-"))));
    EXPECT_EQ(in_older("PRAGMA journal_mode"), mode);
  }
}

TEST_F(CarryOver, ReadsOneMomentWhileTheProductWrites) {
  bench.sql("BOX", "PRAGMA journal_mode = wal");
  open();
  SQLite::Database product(file.path.string(), SQLite::OPEN_READWRITE);
  product.exec(
      "INSERT INTO JOB VALUES(7, 'c', 'queued', NULL); BEGIN IMMEDIATE; INSERT INTO JOB VALUES(8, 'd', 'queued', "
      "NULL)");
  EXPECT_EQ(carried().requeued, 1u);
  product.exec("COMMIT");
  EXPECT_EQ(in_older("SELECT group_concat(ID) FROM JOB"), "1,2,7");
}

TEST_F(CarryOver, IsProvenWhenTheFormatIsRead) {
  carry("JOB", "STATUS = 'queued'", "[]");
  EXPECT_THAT(error_of([&] { catalogue(); }).arg("reason"), HasSubstr("no such column: STATUS"));
}

}  // namespace
}  // namespace dfi::migrations
