// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <csignal>

#include "base/hash.hpp"
#include "tests/migrations/bench.hpp"

namespace dfi::migrations {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

using SqliteConversion = OldFaxstat;

TEST_F(SqliteConversion, MakesACompleteFileOfTheNewLevel) {
  auto result = convert();
  EXPECT_EQ(result.rows_before, 3u);
  EXPECT_EQ(result.rows_after, 3u);
  ASSERT_EQ(result.steps.size(), 1u);
  EXPECT_EQ(result.steps[0].conversion, "CVTSTAT2");
  EXPECT_THAT(names_in(bench.root() / "run"), ElementsAre("FAXSTAT")) << "a single clean file";
  EXPECT_EQ(catalogue.level_of({"FAXSTAT", shadow}), 4);
  EXPECT_EQ(value(shadow, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(value(shadow, "SELECT STTS FROM FAXSTAT WHERE STID = 1"), "2020-08-11T12:34:56");
  EXPECT_EQ(value(shadow, "SELECT STCODE || STTS || STRCP || STSMTP FROM FAXSTAT WHERE STID = 9"),
            "RÜCK1999-12-31T23:59:590");
}

TEST_F(SqliteConversion, LeavesTheDataFileByteForByte) {
  struct stat before {
  }, after{};
  auto digest = sha256_file(file.path);
  ASSERT_EQ(::stat(file.path.c_str(), &before), 0);
  convert();
  ASSERT_EQ(::stat(file.path.c_str(), &after), 0);
  EXPECT_EQ(sha256_file(file.path), digest);
  EXPECT_EQ(after.st_ino, before.st_ino);
  EXPECT_EQ(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
  EXPECT_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  EXPECT_THAT(names_in(bench.root()), ElementsAre("FAXSTAT", "run", "run/FAXSTAT"));
}

TEST_F(SqliteConversion, TakesRowsThatAreOnlyInTheWal) {
  // A crashed product: its -wal is there, nobody has the file open.
  fs::path crashed = bench.root() / "crashed";
  fs::create_directory(crashed);
  {
    SQLite::Database open(file.path.string(), SQLite::OPEN_READWRITE);
    open.exec("PRAGMA wal_autocheckpoint = 0; INSERT INTO FAXSTAT VALUES(20, 1, 'SENT', '20210101', '010101')");
    fs::copy(file.path, crashed / "FAXSTAT");
    fs::copy(file.path.string() + "-wal", crashed / "FAXSTAT-wal");
  }
  DataFile left{"FAXSTAT", crashed / "FAXSTAT"};
  EXPECT_EQ(catalogue.level_of(left), 3);
  EXPECT_EQ(migrations::convert(catalogue, left, 3, 4, shadow).rows_after, 4u);
  EXPECT_EQ(value(left.path, "SELECT count(*) FROM FAXSTAT"), "4") << "the WAL went into the file, not away";
  auto digest = sha256_file(left.path);
  EXPECT_EQ(migrations::convert(catalogue, left, 3, 4, shadow).rows_after, 4u);
  EXPECT_EQ(sha256_file(left.path), digest);
}

TEST_F(SqliteConversion, KeepsModeAndAttributes) {
  fs::permissions(file.path, fs::perms(0604));
  bool attributes = ::setxattr(file.path.c_str(), "user.note", "x", 1, 0) == 0;
  convert();
  EXPECT_EQ(fs::status(shadow).permissions(), fs::perms(0604));
  char note[8];
  if (!attributes) GTEST_SKIP() << "no extended attributes here";
  EXPECT_EQ(::getxattr(shadow.c_str(), "user.note", note, sizeof note), 1);
}

TEST_F(SqliteConversion, ThrowsALeftOverShadowAway) {
  bench.write("run/FAXSTAT", "half");
  bench.write("run/FAXSTAT-wal", "half");
  bench.write("run/FAXSTAT.dependents.sql", "of another try");
  convert();
  EXPECT_THAT(names_in(bench.root() / "run"), ElementsAre("FAXSTAT"));
  auto first = sha256_file(shadow);
  convert();
  EXPECT_EQ(sha256_file(shadow), first) << "the same bytes every time";
}

TEST_F(SqliteConversion, StopsAtADateThatIsNone) {
  bench.sql("FAXSTAT", "UPDATE FAXSTAT SET STDAT = '20200230' WHERE STID = 2");
  auto error = error_of([&] { convert(); });
  EXPECT_EQ(error.message().id, msg::verify_failed);
  EXPECT_EQ(error.exit_code(), 30);
  EXPECT_EQ(error.arg("conversion"), "CVTSTAT2");
  EXPECT_EQ(error.arg("file"), "FAXSTAT");
  EXPECT_EQ(error.arg("check"), "every STTS a real date");
  EXPECT_EQ(error.arg("row"), "STID=2, STDAT='20200230', STTIM='000000'");
  EXPECT_FALSE(fs::exists(shadow));
  EXPECT_EQ(catalogue.level_of(file), 3);
  bench.sql("FAXSTAT", "UPDATE FAXSTAT SET STDAT = '20200229' WHERE STID = 2");
  EXPECT_EQ(convert().rows_after, 3u) << "once repaired it goes through";
}

TEST_F(SqliteConversion, CountsTheRowsItDoesNotShow) {
  bench.sql("FAXSTAT", "UPDATE FAXSTAT SET STTIM = '240000'; INSERT INTO FAXSTAT VALUES(10, 1, 'SENT', '', '')");
  EXPECT_THAT(error_of([&] { convert(); }).arg("row"), testing::EndsWith("; … (4)"));
}

TEST_F(SqliteConversion, RollsAHotJournalBackFirst) {
  bench.sql("FAXSTAT", "PRAGMA journal_mode = DELETE");
  pid_t child = ::fork();
  if (child == 0) {
    SQLite::Database db(file.path.string(), SQLite::OPEN_READWRITE);
    db.exec(
        "PRAGMA cache_size = 1; BEGIN; DELETE FROM FAXSTAT; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
        "FROM n "
        "WHERE i < 5000) INSERT INTO FAXSTAT SELECT i, 0, 'LOST', '20200101', '000000' FROM n");
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(fs::exists(file.path.string() + "-journal"));
  EXPECT_EQ(catalogue.level_of(file), 3);
  EXPECT_EQ(convert().rows_after, 3u);
  EXPECT_EQ(value(shadow, "SELECT STCODE FROM FAXSTAT WHERE STID = 1"), "SENT");
}

TEST_F(SqliteConversion, KeepsWritersOutWhileItWorks) {
  static fs::path path;
  static int tries, refused;
  path = file.path;
  tries = refused = 0;
  durable::hook = [](std::string_view operation, const fs::path&) {
    if (operation != "copy database" && operation != "commit conversion" && operation != "re-create dependents") return;
    pid_t child = ::fork();
    if (child == 0) {
      SQLite::Database db(path.string(), SQLite::OPEN_READWRITE);
      ::_exit(db.tryExec("BEGIN IMMEDIATE") == 5 /* SQLITE_BUSY */ ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ++tries;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) ++refused;
  };
  convert();
  durable::hook = nullptr;
  EXPECT_EQ(tries, 3);
  EXPECT_EQ(refused, 3);
}

TEST_F(SqliteConversion, NamesAFileThatIsLockedElsewhere) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  pid_t child = ::fork();
  if (child == 0) {
    SQLite::Database db(file.path.string(), SQLite::OPEN_READWRITE);
    db.exec("BEGIN IMMEDIATE");
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  auto error = error_of([&] { convert(); });
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_EQ(error.message().id, msg::data_file_busy);
  EXPECT_EQ(error.exit_code(), 30);
  EXPECT_EQ(error.arg("file"), "FAXSTAT");
  EXPECT_EQ(convert().rows_after, 3u) << "free again";
}

TEST_F(SqliteConversion, KeepsAnotherJournalMode) {
  bench.sql("FAXSTAT", "PRAGMA journal_mode = DELETE");
  convert();
  EXPECT_EQ(value(shadow, "PRAGMA journal_mode"), "delete");
}

TEST_F(SqliteConversion, RunsAChainWithEachStepCheckedAgainstTheOneBefore) {
  Bench other;
  other.copy_shipped_definitions("d");
  other.write("d/formats/FAXSTAT.5.toml",
              "file = \"FAXSTAT\"\nlevel = 5\nkind = \"sqlite\"\njournal_mode = \"wal\"\nschema = \"\"\"CREATE TABLE "
              "FAXSTAT(STID INTEGER PRIMARY KEY, STTS TEXT)\"\"\"\n");
  other.write("d/9.99/CVTSTAT3.toml",
              "name = \"CVTSTAT3\"\nfile = \"FAXSTAT\"\nfrom = 4\nto = 5\nkind = \"sqlite\"\nmode = \"shadow\"\n"
              "convert = \"CREATE TABLE X(STID INTEGER PRIMARY KEY, STTS TEXT); INSERT INTO X SELECT STID, STTS FROM "
              "FAXSTAT; DROP TABLE FAXSTAT; ALTER TABLE X RENAME TO FAXSTAT\"\n[[verify]]\nname = \"same\"\n"
              "sql = \"SELECT o.STID FROM old.FAXSTAT o JOIN FAXSTAT n USING(STID) WHERE n.STTS <> o.STTS\"\n");
  bench.sql("FAXSTAT", "CREATE VIEW USR_A AS SELECT STID FROM FAXSTAT");
  auto extended = Catalogue::load(other.root() / "d");
  auto result = migrations::convert(extended, file, 3, 5, shadow);
  EXPECT_EQ(result.steps.size(), 2u);
  EXPECT_THAT(result.recreated, ElementsAre("USR_A"));
  EXPECT_EQ(extended.level_of({"FAXSTAT", shadow}), 5);
  EXPECT_THAT(names_in(bench.root() / "run"), ElementsAre("FAXSTAT", "FAXSTAT.dependents.sql"));
}

// A kill at any durable operation must leave the data file whole and the next try complete.
TEST_F(SqliteConversion, SurvivesAKillAtEveryDurableOperation) {
  bench.sql("FAXSTAT", "CREATE VIEW USR_A AS SELECT STID FROM FAXSTAT");
  auto digest = sha256_file(file.path);
  static int left;
  int kills = 0;
  for (int at = 0;; ++at) {
    pid_t child = ::fork();
    if (child == 0) {
      left = at;
      durable::hook = [](std::string_view, const fs::path&) {
        if (left-- == 0) ::kill(::getpid(), SIGKILL);
      };
      try {
        convert();
      } catch (const Error&) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) {
      ASSERT_EQ(WEXITSTATUS(status), 0) << at;
      break;
    }
    ++kills;
    ASSERT_EQ(catalogue.level_of(file), 3) << at;
  }
  EXPECT_GT(kills, 10);
  EXPECT_EQ(convert().rows_after, 3u);
  EXPECT_EQ(sha256_file(file.path), digest);
  auto names = names_in(bench.root() / "run");
  // An unfinished AtomicFile (".name.tmp…") goes with the run's directory.
  std::erase_if(names, [](const auto& name) { return name[0] == '.'; });
  EXPECT_THAT(names, ElementsAre("FAXSTAT", "FAXSTAT.dependents.sql"));
}

}  // namespace
}  // namespace dfi::migrations
