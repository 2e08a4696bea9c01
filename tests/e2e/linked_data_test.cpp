// SPDX-License-Identifier: Apache-2.0
// A data file that lies elsewhere behind a link: all work is done where it lies, and the link stays.
#include "tests/support/records.hpp"

namespace dfi::test {
namespace {

struct LinkedData : ::testing::Test {
  // One by a relative link, one by an absolute one; one of them is changed in place.
  void SetUp() override {
    add_records(host);
    ASSERT_NO_FATAL_FAILURE(host.install_100());
    ASSERT_NO_FATAL_FAILURE(fill_records(host, 100));
    ASSERT_TRUE(ended(host.dfinstall({"stop"})));
    fs::create_directories(elsewhere());
    for (const char* name : {"DEMOLOG", "DEMORECS", "DEMOTAGS"}) fs::rename(host.data(name), elsewhere() / name);
    fs::create_symlink("../../../srv/elsewhere/DEMOLOG", host.data("DEMOLOG"));
    fs::create_symlink(elsewhere() / "DEMORECS", host.data("DEMORECS"));
    fs::create_symlink(elsewhere() / "DEMOTAGS", host.data("DEMOTAGS"));
    host.mark_data_files();
    old = host.state_now();
  }
  fs::path elsewhere() const { return host.root() / "srv/elsewhere"; }
  void expect_links() {
    for (const char* name : {"DEMOLOG", "DEMORECS", "DEMOTAGS"}) {
      EXPECT_TRUE(fs::is_symlink(host.data(name))) << name;
      EXPECT_EQ(fs::status(host.data(name)).permissions(), fs::perms(0640)) << name;
    }
  }
  Host host;
  Tree old;
};

TEST_F(LinkedData, IsConvertedWhereItLiesAndTakenBackThere) {
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
  expect_links();
  EXPECT_EQ(host.query("DEMOLOG", "PRAGMA user_version"), "2");
  EXPECT_NE(old.at("shared/elsewhere/DEMORECS"), host.state_now().at("shared/elsewhere/DEMORECS"));
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  host.end_processes();
  EXPECT_EQ(difference(old, host.state_now()), "");
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(LinkedData, IsRestoredWhereItLies) {
  ASSERT_TRUE(ended(host.dfinstall({"backup", "create"})));
  fs::resize_file(elsewhere() / "DEMORECS", 0);
  ASSERT_TRUE(ended(host.dfinstall({"backup", "restore"})));
  expect_links();
  host.end_processes();
  EXPECT_EQ(difference(old, host.state_now()), "");
}

}  // namespace
}  // namespace dfi::test
