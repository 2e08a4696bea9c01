// SPDX-License-Identifier: Apache-2.0
// Taking the product off a host: data stay unless they are told to go, and never without a backup that was tried.
#include "messages/uninstall.hpp"

#include <gmock/gmock.h>

#include "base/file.hpp"
#include "messages/check.hpp"
#include "messages/run.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

struct Uninstall : ::testing::Test {
  void SetUp() override {
    for (const char* name : {"kept.conf", "own.conf"})
      write(host.source("1.00") / "objects/lib/host/etc/demo" / name, "delivered\n");
    ASSERT_NO_FATAL_FAILURE(host.install_100());
    write(host.root() / "etc/demo/own.conf", "by hand\n");
  }
  bool is_there(const std::string& path) const { return fs::exists(host.root() / path); }
  Host host;
};

TEST_F(Uninstall, AsksForAConfirmation) {
  const auto before = host.state_now();
  EXPECT_TRUE(ended(host.dfinstall({"uninstall"}), 2, msg::uninstall_unconfirmed));
  EXPECT_TRUE(ended(host.dfinstall({"uninstall", "--purge"}), 2, msg::uninstall_unconfirmed));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
}

TEST_F(Uninstall, KeepsDataForANewInstallation) {
  const auto rows = host.query("DEMOJOBS", "SELECT count(*) FROM DEMOJOBS");
  ASSERT_TRUE(ended(host.dfinstall({"uninstall", "--yes"})));
  EXPECT_FALSE(is_there("opt/demoprod"));
  EXPECT_FALSE(is_there("etc/demo/kept.conf"));
  EXPECT_EQ(read_file(host.root() / "etc/demo/own.conf"), "by hand\n");
  EXPECT_EQ(host.service_pid("demod"), 0);
  EXPECT_TRUE(host.status()["version"].is_null());
  EXPECT_TRUE(host.status()["gate"].is_null());
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()}))) << "converts what stayed";
  EXPECT_EQ(host.query("DEMOJOBS", "SELECT count(*) FROM DEMOJOBS"), rows);
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(Uninstall, PurgesWhatIsInATriedBackup) {
  const auto before = host.state_now();
  ASSERT_TRUE(ended(host.dfinstall({"uninstall", "--purge", "--yes"})));
  for (const char* path : {"opt/demoprod", "var/opt/demoprod", "etc/opt/demoprod", "etc/demo/own.conf"})
    EXPECT_FALSE(is_there(path)) << path;
  const auto backups = host.dfinstall({"backup", "list"}).json()["backups"];
  ASSERT_EQ(backups.size(), 1u);
  EXPECT_TRUE(backups[0]["drill"].is_object());
  ASSERT_TRUE(ended(host.dfinstall({"backup", "restore", backups[0]["id"]})));
  EXPECT_EQ(difference(before, host.state_now()), "");
}

TEST_F(Uninstall, IsRefusedWhileSomebodyHoldsADataFile) {
  const auto before = host.state_now();
  Child holder({DFI_ENGINE, "open", host.data("DEMOSTAT").string()});
  ASSERT_TRUE(holder.says("ready"));
  EXPECT_TRUE(ended(host.dfinstall({"uninstall", "--purge", "--yes"}), 10, msg::data_in_use));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
}

TEST_F(Uninstall, OfNothingIsSaid) {
  ASSERT_TRUE(ended(host.dfinstall({"uninstall", "--yes"})));
  EXPECT_TRUE(ended(host.dfinstall({"uninstall", "--yes"}), 6, msg::product_unknown));
}

}  // namespace
}  // namespace dfi::test
