// SPDX-License-Identifier: Apache-2.0
// The shipped product with its shipped unit: sandboxed, under its own user, watched by systemd.
#include <signal.h>

#include "base/file.hpp"
#include "tests/systemd/machine.hpp"

namespace dfi::test {
namespace {

constexpr auto unit = "directfax-faxmaild.service";

class DirectfaxOnSystemd : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = Machine::reason_to_skip(); !reason.empty()) GTEST_SKIP() << reason;
    machine.emplace();
    const auto keys = machine->path("/etc/opt/dfinstall/keys");
    fs::create_directories(keys);
    fs::copy_file(workshop.trusted() / "vendor.pem", keys / "vendor.pem");
    const auto releases = machine->path("/root/releases");
    ASSERT_TRUE(ended(run({DFI_SOURCES "/scripts/make-releases", releases.string(), "--bin", DFI_BIN, "--key",
                           workshop.key().string()})));
    ASSERT_TRUE(ended(machine->dfinstall({"update", "/root/releases/DIRFAX_591.zip"})));
  }
  std::string user_of(const std::string& pid) const {
    auto user = machine->run({"stat", "-c", "%U", "/proc/" + pid}).out;
    return user.substr(0, user.find('\n'));
  }
  /// A drop-in as an administrator writes it.
  void adapt_unit(const std::string& text) const {
    write(machine->path("/etc/systemd/system/" + std::string(unit) + ".d/short.conf"), text);
    ASSERT_EQ(machine->run({"systemctl", "daemon-reload"}).exit, 0);
    ASSERT_EQ(machine->run({"systemctl", "restart", unit}).exit, 0);
  }

  std::optional<Machine> machine;
  Host workshop{"directfax"};
};

TEST_F(DirectfaxOnSystemd, IsInstalledRunsAsItsUserAndIsUpdated) {
  const auto pid = machine->unit(unit, "MainPID");
  EXPECT_TRUE(machine->active(unit));
  EXPECT_EQ(user_of(pid), "directfax");
  ASSERT_TRUE(ended(machine->dfinstall({"update", "/root/releases/DIRFAX_606.zip"})));
  EXPECT_TRUE(machine->active(unit));
  EXPECT_NE(machine->unit(unit, "MainPID"), pid);
  EXPECT_EQ(machine->forbidden(), "");
  const auto status = machine->dfinstall({"status"}).json();
  EXPECT_EQ(status["version"], "6.06");
  EXPECT_EQ(status["services"][0]["running"], true);
}

TEST_F(DirectfaxOnSystemd, WatchdogStartsAHangingEngineAnewAndLeavesALivingOneAlone) {
  ASSERT_NO_FATAL_FAILURE(adapt_unit("[Service]\nWatchdogSec=8\nRestartSec=100ms\nTimeoutAbortSec=1\n"));
  const auto pid = machine->unit(unit, "MainPID");
  ::sleep(10);
  EXPECT_EQ(machine->unit(unit, "MainPID"), pid) << "an engine that works tells the watchdog in time";
  ASSERT_EQ(machine->run({"sh", "-c", "kill -STOP " + pid}).exit, 0);
  for (int i = 0; i < 1000; ++i) {
    const auto now = machine->unit(unit, "MainPID");
    if (now != pid && now != "0") break;
    ::usleep(20'000);
  }
  EXPECT_NE(machine->unit(unit, "MainPID"), pid);
  EXPECT_TRUE(machine->becomes_active(unit));
  EXPECT_EQ(machine->unit(unit, "NRestarts"), "1");
}

}  // namespace
}  // namespace dfi::test
