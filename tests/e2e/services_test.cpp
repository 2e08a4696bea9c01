// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include "messages/system.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

struct Services : ::testing::Test {
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(host.install_100()); }
  Host host;
};

TEST_F(Services, AreStoppedAndStarted) {
  ASSERT_TRUE(ended(host.dfinstall({"stop"})));
  EXPECT_EQ(host.service_pid("demod"), 0);
  EXPECT_EQ(host.service_pid("demomon"), 0);
  EXPECT_TRUE(ended(host.dfinstall({"stop"}))) << "nothing to do is no error";
  ASSERT_TRUE(ended(host.dfinstall({"start"})));
  const auto pid = host.service_pid("demod");
  EXPECT_NE(pid, 0);
  ASSERT_TRUE(ended(host.dfinstall({"start"})));
  EXPECT_EQ(host.service_pid("demod"), pid) << "a running service is left alone";
}

TEST_F(Services, AreRestarted) {
  const auto pid = host.service_pid("demod");
  ASSERT_TRUE(ended(host.dfinstall({"stop", "--restart"})));
  EXPECT_NE(host.service_pid("demod"), pid);
  EXPECT_NE(host.service_pid("demod"), 0);
}

TEST_F(Services, ThatDoNotStopInTimeAreNamed) {
  write(host.root() / "stubborn", "");
  auto finished = host.dfinstall({"stop", "--wait", "1"});
  EXPECT_TRUE(ended(finished, 14, msg::service_not_stopped));
  EXPECT_EQ(finished.json()["error"]["args"]["service"], "demod");
  EXPECT_EQ(finished.json()["error"]["args"]["pid"], std::to_string(host.service_pid("demod")));
  fs::remove(host.root() / "stubborn");
  EXPECT_TRUE(ended(host.dfinstall({"stop"})));
}

TEST_F(Services, ThatDoNotStopForAnUpdateLeaveTheOldProductRunning) {
  write(host.root() / "stubborn", "");
  const auto before = host.state_now();
  auto finished = host.dfinstall({"update", host.release("1.10").string()});
  EXPECT_TRUE(ended(finished, 31, msg::service_not_stopped));
  EXPECT_EQ(host.status()["gate"], nullptr);
  fs::remove(host.root() / "stubborn");
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_EQ(host.status()["unfinished_run"], nullptr);
}

TEST_F(Services, KilledByHandAreStartedByTheNextStart) {
  ::kill(host.service_pid("demod"), SIGKILL);
  for (int i = 0; i < 200 && host.service_pid("demod") != 0; ++i) ::usleep(10'000);
  auto status = host.status();
  EXPECT_EQ(status["services"][0]["running"], false);
  EXPECT_EQ(status["services"][1]["running"], true);
  ASSERT_TRUE(ended(host.dfinstall({"start"})));
  EXPECT_NE(host.service_pid("demod"), 0);
}

TEST_F(Services, ThatWereStoppedOneByOneStayStoppedAfterAnUpdate) {
  ::kill(host.service_pid("demomon"), SIGTERM);
  for (int i = 0; i < 200 && host.service_pid("demomon") != 0; ++i) ::usleep(10'000);
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_EQ(host.service_pid("demomon"), 0);
}

}  // namespace
}  // namespace dfi::test
