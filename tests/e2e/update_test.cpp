// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "messages/check.hpp"
#include "messages/step.hpp"
#include "messages/system.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

struct Update : ::testing::Test {
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(host.install_100()); }
  Finished update(const std::string& version = "1.10") {
    return host.dfinstall({"update", host.release(version).string()});
  }
  Host host;
};

TEST_F(Update, ConvertsDataAndRunsTheNewRelease) {
  ASSERT_TRUE(ended(update()));
  EXPECT_EQ(host.status()["version"], "1.10");
  EXPECT_EQ(host.query("DEMOSTAT", "SELECT group_concat(STISO) FROM DEMOSTAT"), "2020-08-11,2020-08-12");
  EXPECT_EQ(host.query("DEMOLOG", "SELECT sum(LGSIZE) FROM DEMOLOG"), "7");
  EXPECT_EQ(host.query("DEMOJOBS", "SELECT count(*) FROM DEMOJOBS"), "2");
  EXPECT_THAT(read_file(host.config("demo.toml")), HasSubstr("port = \"25\""));
  EXPECT_TRUE(fs::exists(host.current() / "share/new.txt"));
  EXPECT_FALSE(fs::exists(host.current() / "share/old.txt"));
  for (const char* service : {"demod", "demomon"}) EXPECT_NE(host.service_pid(service), 0) << service;
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  EXPECT_TRUE(ended(host.tool({"add", "after the update"})));
}

TEST_F(Update, LeavesAStoppedProductStopped) {
  ASSERT_TRUE(ended(host.dfinstall({"stop"})));
  ASSERT_TRUE(ended(update()));
  EXPECT_EQ(host.service_pid("demod"), 0);
  EXPECT_TRUE(ended(host.dfinstall({"start"})));
  EXPECT_NE(host.service_pid("demod"), 0);
}

TEST_F(Update, ToTheSameVersionSaysThatOnlyThePtfIsNeeded) {
  const auto before = host.state_now();
  EXPECT_TRUE(ended(update("1.00"), 17, msg::version_same));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_THAT(host.text({"update", host.release("1.00").string()}).err, HasSubstr("TMSHOTPTF"));
}

TEST_F(Update, ToAnOlderVersionIsRefused) {
  ASSERT_TRUE(ended(update()));
  EXPECT_TRUE(ended(update("1.00"), 17, msg::version_older));
  EXPECT_EQ(host.status()["version"], "1.10");
}

TEST_F(Update, KeepsUsersViewsIndexesAndTriggers) {
  host.execute("DEMOLOG",
               "CREATE VIEW MYVIEW AS SELECT LGID, LGTEXT FROM DEMOLOG; CREATE INDEX MYINDEX ON DEMOLOG(LGTEXT);"
               "CREATE TRIGGER MYTRIGGER AFTER INSERT ON DEMOLOG BEGIN SELECT 1; END;");
  auto finished = update();
  ASSERT_TRUE(ended(finished));
  EXPECT_EQ(host.query("DEMOLOG", "SELECT count(*) FROM MYVIEW"), "2");
  EXPECT_EQ(host.query("DEMOLOG", "SELECT count(*) FROM sqlite_master WHERE name LIKE 'MY%'"), "3");
  EXPECT_THAT(host.log_names(), HasSubstr("dependents_recreated"));
  EXPECT_THAT(host.log_names(), HasSubstr("dependent_found"));
}

TEST_F(Update, RescuesForeignAndChangedObjects) {
  const auto tree = fs::canonical(host.current());
  write(tree / "share/mine.txt", "mine\n");
  write(tree / "share/limits.txt", "changed\n");
  auto finished = update();
  ASSERT_TRUE(ended(finished));
  const auto place = host.state("rescued") / std::to_string(finished.json()["run"].get<int>());
  EXPECT_EQ(read_file(place / "share/mine.txt"), "mine\n");
  EXPECT_EQ(read_file(place / "share/limits.txt"), "changed\n");
  EXPECT_FALSE(fs::exists(place / "share/same.txt"));
  for (const char* name : {"object_foreign", "object_modified", "object_rescued"})
    EXPECT_THAT(host.log_names(), HasSubstr(name));
}

TEST_F(Update, IsRefusedWhileAStrangerHoldsADataFile) {
  const auto before = host.state_now();
  for (const char* how : {"open", "lock"}) {
    Child holder({DFI_ENGINE, how, host.data("DEMOSTAT").string()});
    ASSERT_TRUE(holder.says("ready"));
    auto finished = update();
    EXPECT_TRUE(ended(finished, 10, msg::data_in_use)) << how;
    EXPECT_EQ(finished.json()["error"]["args"]["pid"], std::to_string(holder.pid()));
    EXPECT_EQ(finished.json()["error"]["args"]["object"], "DEMOSTAT");
    auto locks = host.dfinstall({"locks", "DEMOSTAT"});
    EXPECT_THAT(locks.out, HasSubstr(std::to_string(holder.pid())));
    EXPECT_NE(host.service_pid("demod"), 0) << "the product runs on";
    EXPECT_EQ(host.status()["gate"], nullptr);
  }
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_TRUE(ended(update()));
}

TEST(UpdateOfAnActiveProduct, IsRefusedWhileAJobOfItRunsAnywhere) {
  Host host;
  // Job names count on the whole machine, so this one is this test's own.
  const auto job = host.directory() / ("J" + host.directory().extension().string().substr(1));
  replace_in(host.source("1.00") / "product.toml", "DEMO[0-9]{4}", job.filename().string());
  ASSERT_NO_FATAL_FAILURE(host.install_100());
  fs::copy_file(DFI_ENGINE, job);
  Child holder({"bash", "-c", "exec -a demo_engine " + job.string() + " open " + host.key().string()});
  ASSERT_TRUE(holder.says("ready"));
  auto finished = host.dfinstall({"update", host.release("1.10").string()});
  EXPECT_TRUE(ended(finished, 10, msg::product_in_use));
  EXPECT_EQ(finished.json()["error"]["args"]["pid"], std::to_string(holder.pid()));
}

TEST_F(Update, GoesBackByItselfIfTheNewReleaseDoesNotStart) {
  write(host.source("1.10") / "objects/share/behaviour.txt", "fail-start\n");
  const auto before = host.state_now();
  auto finished = update();
  EXPECT_TRUE(ended(finished, 33, msg::service_not_started));
  EXPECT_THAT(finished.out, HasSubstr("part 7 of 9 is missing"));
  EXPECT_EQ(finished.json()["ending"], "rolled_back");
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_TRUE(ended(host.tool({"add", "works"})));
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(Update, GoesBackByItselfIfTheSelfTestFails) {
  write(host.source("1.10") / "objects/share/behaviour.txt", "fail-selftest\n");
  const auto before = host.state_now();
  auto finished = update();
  EXPECT_TRUE(ended(finished, 33, msg::selftest_failed));
  EXPECT_THAT(finished.out, HasSubstr("the line of DEMO is dead"));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_TRUE(ended(host.tool({"add", "works"})));
  EXPECT_TRUE(ended(host.dfinstall({"resume"}), 105));
}

TEST_F(Update, TakesALooseDirectoryInAnyLetterCase) {
  const auto directory = host.loose(host.release("1.10"));
  for (const char* name : {"TMSSAVF1.SAVF", "TMSSAVF2.SAVF"}) {
    std::string lower = name;
    for (auto& c : lower) c = static_cast<char>(std::tolower(c));
    fs::rename(directory / name, directory / lower);
  }
  ASSERT_TRUE(ended(host.dfinstall({"update", directory.string()})));
  EXPECT_EQ(host.status()["version"], "1.10");
}

TEST_F(Update, TakesThreeLooseSaveFilesAndThePtfOfThem) {
  const auto ptf = host.ptf("HOT1");
  const auto directory = host.loose(host.release("1.10", ptf));
  ASSERT_TRUE(fs::exists(directory / "TMSHOTPTF.SAVF"));
  ASSERT_TRUE(ended(host.dfinstall({"update", directory.string()})));
  EXPECT_TRUE(ended(host.dfinstall({"ptf", "apply", "TMSHOTPTF"})));
  EXPECT_EQ(host.status()["level"], "1.10+HOT1");
}

TEST_F(Update, NeedsEnoughSpaceBeforeItBegins) {
  const auto mount = host.state("backups");
  fs::create_directories(mount);
  if (::geteuid() != 0 || run({"mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", mount.string()}).exit != 0)
    GTEST_SKIP() << "a small file system can be mounted by root only";
  auto finished = update();
  run({"umount", mount.string()});
  EXPECT_TRUE(ended(finished, 12, msg::space_short));
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_TRUE(ended(update()));
}

TEST_F(Update, KeepsOnlyTheConfiguredNumberOfGenerations) {
  write(host.root() / "etc/opt/dfinstall/dfinstall.toml", "keep_generations = 1\n");
  ASSERT_TRUE(ended(update()));
  ASSERT_TRUE(ended(host.dfinstall({"commit"})));
  int generations = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(host.saved("releases"))) ++generations;
  EXPECT_EQ(generations, 1);
  EXPECT_TRUE(fs::exists(host.current() / "share/new.txt"));
}

}  // namespace
}  // namespace dfi::test
