// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>

#include "base/hash.hpp"
#include "migrations/engine/file_digest.hpp"
#include "tests/migrations/box.hpp"

namespace dfi::migrations {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class FreshFile : public Box {
 protected:
  FreshFile() {
    format(1, "CREATE TABLE T(ID INTEGER PRIMARY KEY, NAME TEXT); CREATE INDEX T1 ON T(NAME)");
    format(
        2,
        "CREATE TABLE T(ID INTEGER PRIMARY KEY, NAME TEXT NOT NULL, LEN INTEGER NOT NULL); CREATE TABLE N(X INTEGER);"
        "CREATE INDEX T2 ON T(LEN, NAME); CREATE VIEW V AS SELECT NAME FROM T;"
        "CREATE TRIGGER TR AFTER INSERT ON T BEGIN INSERT INTO N VALUES(NEW.ID); END");
    conversion(2, "fresh", "INSERT INTO main.T SELECT ID, trim(NAME), length(trim(NAME)) FROM old.T",
               "SELECT n.ID FROM T n JOIN old.T o USING(ID) WHERE n.NAME <> trim(o.NAME)");
  }
};

TEST_F(FreshFile, HasTheSchemaAndTheRowsOfTheNewLevel) {
  make("INSERT INTO T VALUES(1, 'a '), (7, ' bcd')");
  const auto before = sha256_file(file.path);
  const auto result = convert();
  EXPECT_EQ(result.rows_before, 2u);
  EXPECT_EQ(result.rows_after, 2u);
  EXPECT_EQ(catalogue().level_of({"BOX", shadow}), 2);
  EXPECT_EQ(made("SELECT group_concat(ID || NAME || LEN) FROM T"), "1a1,7bcd3");
  EXPECT_EQ(made("SELECT count(*) FROM N"), "0") << "a trigger saw the conversion";
  EXPECT_EQ(made("SELECT count(*) FROM V"), "2");
  EXPECT_EQ(sha256_file(file.path), before);
  EXPECT_THAT(names_in(bench.root() / "run"), ElementsAre("BOX"));
  EXPECT_TRUE(has_digest(file.path, result.input_digest));
  EXPECT_TRUE(has_digest(shadow, result.output_digest));
  EXPECT_EQ(listener.last_done, listener.last_total);
}

TEST_F(FreshFile, IsOfThePageSizeAndEncodingOfTheOldOne) {
  {
    SQLite::Database db(file.path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    db.exec(
        "PRAGMA page_size = 8192; PRAGMA encoding = 'UTF-16le'; PRAGMA application_id = 77; PRAGMA journal_mode = WAL;"
        "CREATE TABLE T(ID INTEGER PRIMARY KEY, NAME TEXT); CREATE INDEX T1 ON T(NAME);"
        "INSERT INTO T VALUES(1, 'Müller'); PRAGMA user_version = 1");
  }
  convert();
  for (const auto& [pragma, expected] :
       {std::pair("page_size", "8192"), {"encoding", "UTF-16le"}, {"application_id", "77"}, {"journal_mode", "wal"}})
    EXPECT_EQ(made(std::string("PRAGMA ") + pragma), expected);
  EXPECT_EQ(made("SELECT NAME || LEN FROM T"), "Müller6");
}

TEST_F(FreshFile, CarriesTheTablesOfUsers) {
  make(
      "CREATE TABLE USR(A TEXT, B AS (A || 'x')); INSERT INTO USR(rowid, A) VALUES(5, 'five'), (900, 'far');"
      "CREATE TABLE USR_ROWID(rowid TEXT, A INTEGER); INSERT INTO USR_ROWID(_rowid_, rowid, A) VALUES(3, 'own', 1);"
      "CREATE TABLE USR_PLAIN(K TEXT PRIMARY KEY, V BLOB) WITHOUT ROWID; INSERT INTO USR_PLAIN VALUES('k', x'00FF');"
      "CREATE INDEX USR_I ON USR(B); CREATE TABLE USR_EMPTY(A)");
  EXPECT_THAT(convert().recreated, ElementsAre("USR_I"));
  EXPECT_EQ(made("SELECT group_concat(rowid || B) FROM USR"), "5fivex,900farx");
  EXPECT_EQ(made("SELECT _rowid_ || rowid || A FROM USR_ROWID"), "3own1");
  EXPECT_EQ(made("SELECT hex(V) FROM USR_PLAIN"), "00FF");
  EXPECT_EQ(made("SELECT count(*) FROM USR_EMPTY"), "0");
}

TEST_F(FreshFile, CarriesAVirtualTableWithItsContent) {
  make("CREATE VIRTUAL TABLE USR_TEXT USING fts5(BODY); INSERT INTO USR_TEXT VALUES('quick brown fox'), ('lazy dog')");
  convert();
  EXPECT_EQ(made("SELECT BODY FROM USR_TEXT WHERE USR_TEXT MATCH 'lazy'"), "lazy dog");
  bench.sql("run/BOX", "INSERT INTO USR_TEXT VALUES('new fox')");
  EXPECT_EQ(made("SELECT count(*) FROM USR_TEXT WHERE USR_TEXT MATCH 'fox'"), "2");
}

TEST_F(FreshFile, NeverGivesANumberOfAutoincrementTwice) {
  for (const auto& [to, mode] : {std::pair(2, "fresh"), {3, "shadow"}}) {
    format(to - 1, "CREATE TABLE A(ID INTEGER PRIMARY KEY AUTOINCREMENT, X)");
    format(to, "CREATE TABLE A(ID INTEGER PRIMARY KEY AUTOINCREMENT, X, Y)");
    if (std::string(mode) == "fresh")
      conversion(2, mode, "INSERT INTO main.A SELECT ID, X, 1 FROM old.A");
    else
      conversion(
          3, mode,
          "CREATE TABLE A_new(ID INTEGER PRIMARY KEY AUTOINCREMENT, X, Y, Z); INSERT INTO A_new SELECT ID, X, Y, 2 "
          "FROM A; DROP TABLE A; ALTER TABLE A_new RENAME TO A");
  }
  format(2, "CREATE TABLE A(ID INTEGER PRIMARY KEY AUTOINCREMENT, X, Y)");
  format(3, "CREATE TABLE A(ID INTEGER PRIMARY KEY AUTOINCREMENT, X, Y, Z)");
  make(
      "INSERT INTO A(X) VALUES(1), (2), (3); DELETE FROM A WHERE ID > 1;"
      "CREATE TABLE USR(ID INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO USR VALUES(41); DELETE FROM USR");
  convert(3);
  EXPECT_EQ(made("SELECT group_concat(name || seq) FROM (SELECT * FROM sqlite_sequence ORDER BY name)"), "A3,USR41");
}

TEST_F(FreshFile, IsCheckedAgainstTheOldOne) {
  conversion(2, "fresh", "INSERT INTO main.T SELECT ID, trim(NAME), 1 FROM old.T WHERE ID < 7",
             "SELECT ID, NAME FROM old.T WHERE ID NOT IN (SELECT ID FROM T)");
  make("INSERT INTO T VALUES(1, 'a'), (7, 'lost')");
  const auto error = error_of([&] { convert(); });
  EXPECT_EQ(error.message().id, msg::verify_failed);
  EXPECT_EQ(error.arg("row"), "ID=7, NAME='lost'");
  EXPECT_FALSE(fs::exists(shadow));
}

TEST_F(FreshFile, StopsAtARowItsTablesRefuse) {
  make("INSERT INTO T VALUES(1, NULL)");
  EXPECT_EQ(error_of([&] { convert(); }).arg("reason"), "NOT NULL constraint failed: T.NAME");
}

TEST_F(FreshFile, OnlyNewViolationsOfForeignKeysCount) {
  format(1, "CREATE TABLE T(ID INTEGER PRIMARY KEY); CREATE TABLE C(ID INTEGER PRIMARY KEY, T REFERENCES T)");
  format(2, "CREATE TABLE T(ID INTEGER PRIMARY KEY, X); CREATE TABLE C(ID INTEGER PRIMARY KEY, T REFERENCES T)");
  conversion(2, "fresh",
             "INSERT INTO T(ID) SELECT ID FROM old.T WHERE ID <> 3; INSERT INTO main.C SELECT * FROM old.C");
  make(
      "INSERT INTO T VALUES(1); INSERT INTO C VALUES(1, 1), (2, 99);"
      "CREATE TABLE USR(ID, T REFERENCES GONE(ID)); INSERT INTO USR VALUES(1, 1)");
  EXPECT_EQ(convert().rows_after, 3u);
  bench.sql("BOX", "INSERT INTO T VALUES(3); INSERT INTO C VALUES(3, 3)");
  EXPECT_EQ(error_of([&] { convert(); }).arg("reason"), "foreign key C -> T is violated");
}

TEST_F(FreshFile, IsProvenWhenTheDefinitionIsRead) {
  auto reason = [&] { return error_of([&] { catalogue(); }).arg("reason"); };
  conversion(2, "fresh", "INSERT INTO main.T SELECT * FROM old.T");
  EXPECT_THAT(reason(), HasSubstr("table main.T has 3 columns but 2 values were supplied"));
  conversion(2, "fresh", "CREATE TABLE X(A)");
  EXPECT_EQ(reason(), "table X is left over");
  conversion(2, "fresh", "ATTACH 'x' AS x");
  EXPECT_EQ(reason(), "ATTACH is not allowed in a conversion");
}

TEST_F(FreshFile, TakesItsPlaceInAChainOfAllModes) {
  format(3, "CREATE TABLE T(ID INTEGER PRIMARY KEY, NAME TEXT NOT NULL, LEN INTEGER NOT NULL, MORE TEXT)");
  format(4, "CREATE TABLE T(ID INTEGER PRIMARY KEY, NAME TEXT NOT NULL, LEN INTEGER NOT NULL, EXTRA TEXT)");
  format(5, "CREATE TABLE T(ID INTEGER PRIMARY KEY, EXTRA TEXT)");
  conversion(3, "shadow",
             "DROP TRIGGER TR; DROP VIEW V; DROP INDEX T2; DROP TABLE N; ALTER TABLE T ADD COLUMN MORE TEXT;"
             "UPDATE T SET MORE = NAME || LEN");
  conversion(4, "in_place", "ALTER TABLE T RENAME COLUMN MORE TO EXTRA", "SELECT 1 WHERE 0",
             "ALTER TABLE T RENAME COLUMN EXTRA TO MORE");
  conversion(5, "fresh", "INSERT INTO main.T SELECT ID, EXTRA FROM old.T",
             "SELECT 1 FROM (SELECT count(*) c FROM old.T) WHERE c <> (SELECT count(*) FROM main.T)");
  make(
      "INSERT INTO T VALUES(1, 'a'); CREATE VIEW USR AS SELECT ID FROM T; CREATE TABLE USR_T(X);"
      "INSERT INTO USR_T(rowid, X) VALUES(9, 'u')");
  EXPECT_THAT(convert(5).recreated, ElementsAre("USR"));
  EXPECT_EQ(made("SELECT EXTRA FROM T"), "a1");
  EXPECT_EQ(made("SELECT rowid || X FROM USR_T"), "9u");
  EXPECT_THAT(names_in(bench.root() / "run"), ElementsAre("BOX", "BOX.dependents.sql"));
}

TEST_F(FreshFile, SurvivesAKillAtEveryDurableOperation) {
  make("INSERT INTO T VALUES(1, 'a'); CREATE VIEW USR AS SELECT ID FROM T; CREATE TABLE USR_T(X)");
  const auto before = sha256_file(file.path);
  static int left;
  int kills = 0;
  for (int at = 0;; ++at) {
    const pid_t child = ::fork();
    if (child == 0) {
      left = at;
      durable::hook = [](std::string_view, const fs::path&) {
        if (left-- == 0) ::kill(::getpid(), SIGKILL);
      };
      convert();
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) {
      ASSERT_EQ(WEXITSTATUS(status), 0);
      break;
    }
    ++kills;
    ASSERT_EQ(sha256_file(file.path), before) << at;
  }
  EXPECT_GT(kills, 8);
  EXPECT_EQ(convert().rows_after, 1u);
  EXPECT_EQ(sha256_file(file.path), before);
}

}  // namespace
}  // namespace dfi::migrations
