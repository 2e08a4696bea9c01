// SPDX-License-Identifier: Apache-2.0
#include "messages/in_place.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>

#include "base/hash.hpp"
#include "tests/migrations/box.hpp"
#include "tests/migrations/in_german.hpp"

namespace dfi::migrations {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

class InPlace : public Box {
 protected:
  InPlace() {
    format(1, "CREATE TABLE T(ID INTEGER PRIMARY KEY, NAME TEXT); CREATE INDEX T1 ON T(NAME)");
    format(2,
           "CREATE TABLE T(ID INTEGER PRIMARY KEY, TITLE TEXT, N INTEGER NOT NULL DEFAULT 0 CHECK(N >= 0));"
           "CREATE INDEX T1 ON T(TITLE); CREATE VIEW V AS SELECT ID FROM T");
    conversion(2, "in_place", forward, "SELECT 1 WHERE 0", back);
  }
  InPlaceChange change() const {
    const auto all = catalogue();
    return all.in_place(all.route(file, 1, 2)).value();
  }
  std::string reason_of(const std::string& convert, const std::string& revert) const {
    conversion(2, "in_place", convert, "SELECT 1 WHERE 0", revert);
    return error_of([&] { catalogue(); }).arg("reason");
  }

  static constexpr const char* forward =
      "ALTER TABLE T RENAME COLUMN NAME TO TITLE; ALTER TABLE T ADD COLUMN N INTEGER NOT NULL DEFAULT 0 CHECK(N >= 0);"
      "CREATE VIEW V AS SELECT ID FROM T";
  static constexpr const char* back =
      "DROP VIEW V; ALTER TABLE T DROP COLUMN N; ALTER TABLE T RENAME COLUMN TITLE TO NAME";
};

TEST_F(InPlace, IsProvenInBothDirectionsWhenTheDefinitionIsRead) {
  const std::string f = forward;
  EXPECT_EQ(reason_of("ALTER TABLE T RENAME COLUMN NAME TO TITLE", back), "table T is not the one of level 2");
  EXPECT_EQ(reason_of(f, "DROP VIEW V; ALTER TABLE T DROP COLUMN N"), "table T is not the one of level 1");
  EXPECT_EQ(reason_of(f + "; UPDATE T SET N = 1", back), "to write into T is not allowed in a conversion");
  EXPECT_EQ(reason_of(f + "; DELETE FROM T", back), "to write into T is not allowed in a conversion");
  EXPECT_EQ(reason_of(f + "; CREATE INDEX X ON T(N)", back),
            "anything but a metadata change is not allowed in a conversion");
  EXPECT_EQ(reason_of("CREATE TABLE X AS SELECT * FROM T", back),
            "anything but a metadata change is not allowed in a conversion");
  EXPECT_EQ(reason_of("ALTER TABLE T DROP COLUMN NAME", back), "DROP COLUMN is not allowed in a conversion");
  EXPECT_THAT(reason_of(f, "DROP VIEW GONE"), HasSubstr("no such view"));
}

TEST_F(InPlace, MakesNoShadowAndLeavesTheFileByteForByte) {
  make("INSERT INTO T VALUES(1, 'a'); CREATE VIEW USR AS SELECT NAME FROM T");
  const auto before = sha256_file(file.path);
  const auto result = convert();
  EXPECT_EQ(result.steps.size(), 1u);
  EXPECT_EQ(result.rows_after, 1u);
  EXPECT_THAT(result.recreated, ElementsAre("USR"));
  EXPECT_EQ(sha256_file(file.path), before);
  EXPECT_THAT(names_in(bench.root() / "run"), ElementsAre("BOX.dependents.sql"));
}

TEST_F(InPlace, IsMadeOnceAndTakenBackOnce) {
  for (const char* mode : {"DELETE", "WAL"}) {
    fs::remove(file.path);
    make(std::string("INSERT INTO T VALUES(1, 'a'); CREATE VIEW USR AS SELECT NAME FROM T; PRAGMA journal_mode = ") +
         mode);
    const auto step = InPlaceChange::from_json(change().to_json());
    for (int times = 0; times < 2; ++times) {
      apply_in_place(file, step);
      EXPECT_EQ(catalogue().level_of(file), 2);
      EXPECT_EQ(value(file.path, "SELECT TITLE || N FROM T"), "a0");
    }
    EXPECT_EQ(value(file.path, "SELECT * FROM USR"), "a");
    for (int times = 0; times < 2; ++times) {
      revert_in_place(file, step);
      EXPECT_EQ(catalogue().level_of(file), 1);
    }
    EXPECT_EQ(value(file.path, "SELECT NAME FROM T"), "a");
    EXPECT_EQ(value(file.path, "SELECT * FROM USR"), "a");
    EXPECT_FALSE(fs::exists(file.path.string() + "-wal"));
  }
}

TEST_F(InPlace, RemovesTheJournalOfAWriterThatWasKilledBeforeItsHeaderWasSynced) {
  make("INSERT INTO T VALUES(1, 'a')");
  const fs::path journal = file.path.string() + "-journal";
  for (const auto bytes : {0u, 512u}) {
    std::ofstream(journal) << std::string(bytes, '\0');
    revert_in_place(file, change());
    EXPECT_FALSE(fs::exists(journal)) << bytes;
    EXPECT_EQ(value(file.path, "SELECT NAME FROM T"), "a");
  }
}

TEST_F(InPlace, RefusesADependentThatItCannotCarry) {
  make(
      "CREATE VIEW USR_OK AS SELECT NAME FROM T; CREATE TABLE USR_T(A);"
      "CREATE TRIGGER USR_TR AFTER INSERT ON USR_T BEGIN INSERT INTO T VALUES(NEW.A, 'x'); END");
  auto error = error_of([&] { convert(); });
  EXPECT_EQ(error.message().id, msg::dependent_in_place);
  EXPECT_EQ(error.arg("name"), "USR_TR");
  EXPECT_THAT(error.arg("reason"), HasSubstr("has 3 columns but 2 values"));
  EXPECT_THAT(read_file(error.arg("saved")), HasSubstr("CREATE TRIGGER USR_TR"));
  bench.sql("BOX", "DROP TRIGGER USR_TR; CREATE VIEW USR_BROKEN AS SELECT * FROM GONE");
  error = error_of([&] { convert(); });
  EXPECT_EQ(error.message().id, msg::dependent_in_place) << "SQLite renames no column beside a broken view";
  EXPECT_EQ(error.arg("name"), "USR_BROKEN");
}

TEST_F(InPlace, RefusesAFileOfAnotherLevel) {
  make("PRAGMA user_version = 9");
  EXPECT_EQ(error_of([&] { apply_in_place(file, change()); }).arg("reason"), "it has level 9, not 1");
}

TEST_F(InPlace, DropsAColumnOnTheWayBackOnly) {
  make("INSERT INTO T VALUES(1, 'a')");
  const InPlaceChange step{1, 2, "ALTER TABLE T DROP COLUMN ID2", "ALTER TABLE T DROP COLUMN ID2", "CVTBOX2"};
  bench.sql("BOX", "ALTER TABLE T ADD COLUMN ID2");
  EXPECT_EQ(error_of([&] { apply_in_place(file, step); }).arg("reason"), "DROP COLUMN is not allowed in a conversion");
  EXPECT_EQ(value(file.path, "PRAGMA user_version"), "1");
  EXPECT_EQ(value(file.path, "SELECT count(ID2) FROM T"), "0") << "the column is gone";
  bench.sql("BOX", "PRAGMA user_version = 2");
  revert_in_place(file, step);
  EXPECT_EQ(value(file.path, "PRAGMA user_version"), "1");
}

TEST_F(InPlace, NamesEveryObjectThatStandsInTheWayBack) {
  make("INSERT INTO T VALUES(1, 'a')");
  const auto step = change();
  apply_in_place(file, step);
  bench.sql(
      "BOX",
      "CREATE INDEX MINE ON T(N); CREATE VIEW \"MY VIEW\" AS SELECT N FROM T; CREATE VIEW OK AS SELECT ID FROM T");
  const auto before = sha256_file(file.path);
  const auto error = error_of([&] { copy_reverted(file, step, bench.root() / "copy"); });
  EXPECT_EQ(error.message().id, msg::dependents_in_way);
  EXPECT_THAT(error.arg("objects"), AnyOf("index MINE, view MY VIEW", "view MY VIEW, index MINE"));
  EXPECT_EQ(error.arg("path"), file.path.string());
  EXPECT_EQ(sha256_file(file.path), before);
  // What it says helps.
  bench.sql("BOX", error.arg("sql"));
  copy_reverted(file, step, bench.root() / "copy");
  EXPECT_EQ(value(bench.root() / "copy", "SELECT NAME FROM T"), "a");
}

TEST_F(InPlace, SaysWhyElseItCannotBeTakenBack) {
  make("INSERT INTO T VALUES(1, 'a')");
  const auto step = change();
  apply_in_place(file, step);
  bench.sql("BOX", "PRAGMA user_version = 7");
  const auto error = error_of([&] { copy_reverted(file, step, bench.root() / "copy"); });
  EXPECT_EQ(error.message().id, msg::change_stays);
  EXPECT_EQ(error.arg("path"), file.path.string());
  EXPECT_EQ(german(error), "sie hat Stand 7, nicht 2");
}

TEST_F(InPlace, NamesAFileThatIsInUse) {
  make("INSERT INTO T VALUES(1, 'a')");
  const auto step = change();
  SQLite::Database other(file.path.string(), SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE");
  EXPECT_EQ(error_of([&] { apply_in_place(file, step); }).message().id, msg::data_file_busy);
  EXPECT_EQ(error_of([&] { convert(); }).message().id, msg::data_file_busy);
  other.exec("ROLLBACK");
  SQLite::Statement reader(other, "SELECT * FROM T");
  ASSERT_TRUE(reader.executeStep());
  EXPECT_EQ(error_of([&] { apply_in_place(file, step); }).message().id, msg::data_file_busy);
}

TEST_F(InPlace, IsEitherMadeOrNotWhenItIsKilled) {
  make("INSERT INTO T VALUES(1, 'a')");
  const auto step = change();
  const pid_t child = ::fork();
  if (child == 0) {
    durable::hook = [](std::string_view operation, const fs::path&) {
      if (operation == "commit conversion") ::kill(::getpid(), SIGKILL);
    };
    apply_in_place(file, step);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(catalogue().level_of(file), 1);
  apply_in_place(file, step);
  EXPECT_EQ(catalogue().level_of(file), 2);
}

}  // namespace
}  // namespace dfi::migrations
