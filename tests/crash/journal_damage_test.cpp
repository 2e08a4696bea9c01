// SPDX-License-Identifier: Apache-2.0
// A journal that is damaged or of a newer dfinstall: named, nothing is changed, and the way out that is told works.
#include <SQLiteCpp/SQLiteCpp.h>

#include "base/file.hpp"
#include "messages/conversion.hpp"
#include "messages/journal.hpp"
#include "messages/run.hpp"
#include "tests/crash/matrix.hpp"

namespace dfi::test {
namespace {

struct JournalDamage : ::testing::Test {
  Host host{"demoprod", true};
  Tree before;

  void SetUp() override {
    host.install_100();
    host.dfinstall({"stop"});
    before = host.state_now();
  }

  void set_aside() {
    for (const char* end : {"", "-wal", "-shm"})
      if (const auto path = host.state(std::string("journal.db") + end); fs::exists(path))
        fs::rename(path, host.directory() / ("kept" + std::string(end)));
  }

  void overwrite(std::size_t at, std::size_t length) {
    auto bytes = read_file(host.state("journal.db"));
    bytes.replace(at, length, std::string(length, 'x'));
    write(host.state("journal.db"), bytes);
  }

  void expect_named(int exit, Msg message) {
    for (const auto& verb : {Words{"update", host.release("1.10").string()}, Words{"backup", "create"}, Words{"resume"},
                             Words{"rollback"}})
      EXPECT_TRUE(ended(host.dfinstall(verb), exit, message)) << verb[0];
    EXPECT_EQ(difference(before, host.state_now()), "");
  }

  void expect_way_out_works() {
    set_aside();
    EXPECT_TRUE(ended(host.dfinstall({"status"})));
    EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
    EXPECT_EQ(host.status()["version"], "1.10");
  }
};

TEST_F(JournalDamage, OfTheWholeFileIsNamedAndHasAWayOut) {
  write(host.state("journal.db"), std::string(8192, 'x'));
  expect_named(8, msg::journal_damaged);
  expect_way_out_works();
}

TEST_F(JournalDamage, OfTheSchemaIsNamedAndHasAWayOut) {
  overwrite(100, 600);
  expect_named(8, msg::journal_damaged);
  expect_way_out_works();
}

TEST_F(JournalDamage, OfEverythingBehindTheSchemaIsNamedAndHasAWayOut) {
  overwrite(4096, fs::file_size(host.state("journal.db")) - 4096);
  expect_named(8, msg::journal_damaged);
  expect_way_out_works();
}

// With a run unfinished, the backup that the run made is the way back.
TEST_F(JournalDamage, InTheMiddleOfARunLeavesTheBackupAsTheWayBack) {
  host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
  before = host.state_now();
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()}), 30, msg::verify_failed));
  write(host.state("journal.db"), std::string(8192, 'x'));
  expect_named(8, msg::journal_damaged);
  set_aside();
  EXPECT_TRUE(ended(host.dfinstall({"backup", "restore"})));
  EXPECT_TRUE(host.status()["gate"].is_null());
  host.dfinstall({"stop"});
  EXPECT_EQ(difference(before, host.state_now()), "");
}

TEST_F(JournalDamage, OfANewerDfinstallIsNamedAsThat) {
  SQLite::Database(host.state("journal.db").string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
  expect_named(18, msg::journal_newer);
}

}  // namespace
}  // namespace dfi::test
