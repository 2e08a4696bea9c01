// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "base/hash.hpp"
#include "tests/migrations/bench.hpp"

namespace dfi::migrations {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

using Dependents = OldFaxstat;

TEST_F(Dependents, ArePutBack) {
  bench.sql(
      "FAXSTAT",
      "CREATE VIEW USR_B AS SELECT STID FROM USR_A WHERE STKA > 7; CREATE VIEW USR_A AS SELECT STID, STKA FROM FAXSTAT;"
      "CREATE UNIQUE INDEX USR_I ON FAXSTAT(STID, STCODE); CREATE TABLE USR_LOG(ID INTEGER);"
      "CREATE TRIGGER USR_T AFTER INSERT ON FAXSTAT BEGIN INSERT INTO USR_LOG VALUES(NEW.STID); END;"
      "CREATE TRIGGER USR_V INSTEAD OF UPDATE OF STKA ON USR_A BEGIN UPDATE FAXSTAT SET STKA = NEW.STKA; END");
  EXPECT_EQ(catalogue.level_of(file), 3);
  EXPECT_EQ(catalogue.dependents(file, 3).size(), 5u);
  EXPECT_THAT(convert().recreated, UnorderedElementsAre("USR_A", "USR_B", "USR_I", "USR_T", "USR_V"));
  DataFile converted{"FAXSTAT", shadow};
  EXPECT_EQ(catalogue.dependents(converted, 4).size(), 5u);
  EXPECT_EQ(value(shadow, "SELECT count(*) FROM USR_B"), "1");
  bench.sql("run/FAXSTAT", "INSERT INTO FAXSTAT(STKA, STCODE, STTS) VALUES(1, 'SENT', '2020-08-11T12:34:56')");
  EXPECT_EQ(value(shadow, "SELECT ID FROM USR_LOG"), "10");
  EXPECT_THAT(read_file(shadow.string() + ".dependents.sql"), HasSubstr("CREATE VIEW USR_B AS SELECT STID FROM USR_A"));
}

TEST_F(Dependents, StopsAtAViewThatTheNewFormatCannotCarry) {
  bench.sql("FAXSTAT",
            "CREATE VIEW USR_OK AS SELECT STID FROM FAXSTAT; CREATE VIEW USR_REPORT AS SELECT STDAT FROM FAXSTAT");
  auto digest = sha256_file(file.path);
  auto error = error_of([&] { convert(); });
  EXPECT_EQ(error.message().id, msg::dependent_failed);
  EXPECT_EQ(error.exit_code(), 30);
  EXPECT_EQ(error.arg("name"), "USR_REPORT");
  EXPECT_EQ(error.arg("type"), "view");
  EXPECT_EQ(error.arg("reason"), "no such column: STDAT");
  EXPECT_EQ(error.arg("sql"), "CREATE VIEW USR_REPORT AS SELECT STDAT FROM FAXSTAT");
  EXPECT_THAT(read_file(error.arg("saved")), HasSubstr("USR_REPORT"));
  EXPECT_EQ(sha256_file(file.path), digest);
  EXPECT_FALSE(fs::exists(shadow));
}

TEST_F(Dependents, StopsAtATriggerThatTheNewFormatCannotCarry) {
  bench.sql("FAXSTAT", "CREATE TRIGGER \"DELETE\" BEFORE UPDATE OF STKA ON FAXSTAT BEGIN SELECT NEW.STDAT; END");
  auto error = error_of([&] { convert(); });
  EXPECT_EQ(error.message().id, msg::dependent_failed);
  EXPECT_EQ(error.arg("reason"), "no such column: NEW.STDAT");
}

TEST_F(Dependents, PutsBackWhatWasBrokenBefore) {
  bench.sql("FAXSTAT", "CREATE VIEW USR_OLD AS SELECT * FROM GONE");
  EXPECT_THAT(convert().recreated, ElementsAre("USR_OLD"));
}

TEST_F(Dependents, AreAProductsIndexThatAUserChanged) {
  bench.sql("FAXSTAT", "DROP INDEX FAXSTA1; CREATE INDEX FAXSTA1 ON FAXSTAT(STKA, STCODE)");
  EXPECT_EQ(catalogue.level_of(file), 3);
  auto error = error_of([&] { convert(); });
  EXPECT_EQ(error.message().id, msg::dependent_failed);
  EXPECT_EQ(error.arg("reason"), "index FAXSTA1 already exists");
}

}  // namespace
}  // namespace dfi::migrations
