// SPDX-License-Identifier: Apache-2.0
// What the caller may say beside the definitions, and what it is told meanwhile.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include "base/hash.hpp"
#include "messages/general.hpp"
#include "tests/migrations/box.hpp"

namespace dfi::migrations {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class WithDependents : public Box {
 protected:
  WithDependents() {
    format(1, "CREATE TABLE T(ID INTEGER PRIMARY KEY, NAME TEXT)");
    format(2, "CREATE TABLE T(ID INTEGER PRIMARY KEY, TITLE TEXT)");
    conversion(2, "shadow",
               "CREATE TABLE T_new(ID INTEGER PRIMARY KEY, TITLE TEXT); INSERT INTO T_new SELECT ID, NAME FROM T;"
               "DROP TABLE T; ALTER TABLE T_new RENAME TO T",
               "SELECT ID, TITLE FROM T WHERE TITLE LIKE 'bad%'");
  }
};

TEST_F(WithDependents, StopsBeforeAnythingIsDoneIfToldTo) {
  make("CREATE VIEW USR_A AS SELECT ID FROM T; CREATE INDEX USR_B ON T(ID)");
  policy.dependents = Dependents::abort;
  const auto error = error_of([&] { convert(); });
  EXPECT_EQ(error.message().id, msg::dependents_unwanted);
  EXPECT_EQ(error.arg("name"), "USR_A");
  EXPECT_EQ(error.arg("count"), "2");
  EXPECT_TRUE(names_in(bench.root() / "run").empty());
  bench.sql("BOX", "DROP VIEW USR_A; DROP INDEX USR_B");
  EXPECT_EQ(convert().steps.size(), 1u);
}

TEST_F(WithDependents, OnlySavesThemIfToldTo) {
  make("CREATE VIEW USR_A AS SELECT NAME FROM T; CREATE TABLE USR_T(X)");
  policy.dependents = Dependents::save_only;
  const auto result = convert();
  EXPECT_THAT(result.saved_only, ElementsAre("USR_A"));
  EXPECT_TRUE(result.recreated.empty());
  EXPECT_EQ(made("SELECT group_concat(name) FROM sqlite_master"), "USR_T,T");
  EXPECT_THAT(read_file(shadow.string() + ".dependents.sql"), HasSubstr("CREATE VIEW USR_A AS SELECT NAME FROM T;"));
}

TEST_F(WithDependents, TellsEverythingIfItCollects) {
  make(
      "INSERT INTO T VALUES(1, 'bad1'), (2, 'good'), (3, 'bad3'), (4, 'bad4'), (5, 'bad5');"
      "CREATE VIEW USR_A AS SELECT NAME FROM T; CREATE VIEW USR_B AS SELECT ID FROM T");
  policy.collect = true;
  EXPECT_THAT(convert().recreated, ElementsAre("USR_B"));
  std::vector<std::string> told;
  for (const auto& refusal : listener.refusals)
    told.push_back(refusal.kind + " " + refusal.field + ": " + text(refusal.reason, Language::english));
  ASSERT_EQ(told.size(), 5u);
  EXPECT_THAT(told[0], HasSubstr("verify check: "));
  EXPECT_THAT(told[0], HasSubstr("ID=1, TITLE='bad1'"));
  EXPECT_THAT(told[3], HasSubstr("ID=5, TITLE='bad5'"));
  EXPECT_THAT(told[4], HasSubstr("dependent USR_A: "));
  EXPECT_THAT(told[4], HasSubstr("no such column: NAME"));
}

TEST_F(WithDependents, FindsAViewMadeBetweenAnAbortAndTheNextTry) {
  make("INSERT INTO T VALUES(1, 'bad')");
  EXPECT_EQ(error_of([&] { convert(); }).message().id, msg::verify_failed);
  bench.sql("BOX", "UPDATE T SET NAME = 'good'; CREATE VIEW USR_LATE AS SELECT ID FROM T");
  EXPECT_THAT(convert().recreated, ElementsAre("USR_LATE"));
  bench.sql("BOX", "CREATE VIEW USR_NAME AS SELECT NAME FROM T");
  EXPECT_EQ(error_of([&] { convert(); }).arg("name"), "USR_NAME");
}

TEST_F(WithDependents, LetsNobodyMakeAViewWhileItWorks) {
  make("INSERT INTO T VALUES(1, 'a')");
  int refused = 0, made_anyway = 0;
  listener.on_progress = [&] {
    const pid_t child = ::fork();
    if (child == 0) {
      SQLite::Database db(file.path.string(), SQLite::OPEN_READWRITE);
      ::_exit(db.tryExec("CREATE VIEW USR_X AS SELECT ID FROM T") == 5 /* SQLITE_BUSY */ ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ++(WIFEXITED(status) && WEXITSTATUS(status) == 0 ? refused : made_anyway);
  };
  convert();
  EXPECT_GT(refused, 3);
  EXPECT_EQ(made_anyway, 0);
  EXPECT_TRUE(catalogue().dependents(file, 1).empty());
}

class LongStatement : public Box {
 protected:
  LongStatement() {
    format(1, "CREATE TABLE T(ID INTEGER PRIMARY KEY)");
    format(2, "CREATE TABLE T(ID INTEGER PRIMARY KEY, X INTEGER)");
  }
  static constexpr const char* endless =
      "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c)";
  void expect_an_end() {
    make("INSERT INTO T VALUES(1)");
    int left = 20;
    listener.on_progress = [&] {
      if (--left <= 0) throw Error(msg::process_failed, {{"program", "stop"}});
    };
    EXPECT_EQ(error_of([&] { convert(); }).message().id, msg::process_failed);
    EXPECT_TRUE(names_in(bench.root() / "run").empty());
  }
};

TEST_F(LongStatement, EndsInAShadowWhenTheRunIsInterrupted) {
  conversion(2, "shadow", std::string("ALTER TABLE T ADD COLUMN X INTEGER; UPDATE T SET X = ") + endless);
  expect_an_end();
}

TEST_F(LongStatement, EndsInAFreshFileWhenTheRunIsInterrupted) {
  conversion(2, "fresh", std::string("INSERT INTO main.T SELECT ID, ") + endless + " FROM old.T");
  expect_an_end();
}

TEST_F(LongStatement, EndsInACheckWhenTheRunIsInterrupted) {
  conversion(2, "fresh", "INSERT INTO main.T SELECT ID, 1 FROM old.T",
             std::string("SELECT 1 FROM T WHERE X = ") + endless);
  expect_an_end();
}

}  // namespace
}  // namespace dfi::migrations
