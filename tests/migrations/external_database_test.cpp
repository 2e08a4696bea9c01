// SPDX-License-Identifier: Apache-2.0
// Databases that a program of the release converts.
#include <gmock/gmock.h>

#include "messages/external.hpp"
#include "migrations/engine/sqlite_file.hpp"
#include "tests/migrations/box.hpp"

namespace dfi::migrations {
namespace {

using testing::ElementsAre;

/// From one database to another by a program that knows nothing of users.
class ExternalDatabase : public Box {
 protected:
  ExternalDatabase() {
    format(1, "CREATE TABLE T(ID INTEGER PRIMARY KEY)");
    format(2, "CREATE TABLE T(ID INTEGER PRIMARY KEY, X TEXT)");
    bench.write("d/x/CVTBOX2.toml",
                "name = \"CVTBOX2\"\nfile = \"BOX\"\nfrom = 1\nto = 2\nkind = \"external\"\nprogram = \"copy\"\n");
    bench.write("d/x/programs/copy", "#!/bin/sh\ncp '" + (bench.root() / "made").string() + "' \"$4\"\n");
    result("CREATE TABLE T(ID INTEGER PRIMARY KEY, X TEXT); INSERT INTO T VALUES(1, 'x'); PRAGMA user_version = 2");
  }
  void result(const std::string& sql) const {
    fs::remove(bench.root() / "made");
    SQLite::Database(bench.root() / "made", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
  }
};

TEST_F(ExternalDatabase, KeepsWhatUsersPutOnTheFile) {
  make(
      "INSERT INTO T VALUES(1); CREATE VIEW USR AS SELECT ID FROM T; CREATE TABLE USR_T(A); INSERT INTO USR_T "
      "VALUES(5);"
      "PRAGMA journal_mode = WAL");
  EXPECT_THAT(convert().recreated, ElementsAre("USR"));
  EXPECT_EQ(made("SELECT A FROM USR_T"), "5");
  EXPECT_EQ(made("SELECT ID FROM USR"), "1");
  EXPECT_EQ(made("PRAGMA journal_mode"), "wal");
}

TEST_F(ExternalDatabase, CanBeReadByTheProgramInEachJournalMode) {
  bench.write("d/x/programs/copy",
              "#!/bin/sh\nsqlite3 \"$2\" 'INSERT INTO T VALUES(9)' && exit 1\n"
              "sqlite3 \"$2\" \".backup '$4'\" && "
              "sqlite3 \"$4\" 'ALTER TABLE T ADD COLUMN X TEXT; PRAGMA user_version = 2'\n");
  for (const char* mode : {"DELETE", "WAL"}) {
    discard_database(file.path);
    make(std::string("PRAGMA journal_mode = ") + mode + "; INSERT INTO T VALUES(1), (2)");
    EXPECT_EQ(convert().rows_after, 2u) << mode;
    EXPECT_EQ(made("SELECT count(*) FROM T"), "2");
  }
}

TEST_F(ExternalDatabase, IsProvenLikeEveryOther) {
  make("INSERT INTO T VALUES(1)");
  result("CREATE TABLE T(ID INTEGER PRIMARY KEY, Y TEXT); PRAGMA user_version = 2");
  EXPECT_EQ(error_of([&] { convert(); }).arg("reason"), "table T is not the one of level 2");
  result("CREATE TABLE T(ID INTEGER PRIMARY KEY, X TEXT); PRAGMA user_version = 1");
  EXPECT_EQ(error_of([&] { convert(); }).message().id, msg::external_failed);
  bench.write("made", "no database");
  EXPECT_EQ(error_of([&] { convert(); }).arg("reason"), "it made no database");
}

}  // namespace
}  // namespace dfi::migrations
