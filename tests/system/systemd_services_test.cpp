// SPDX-License-Identifier: Apache-2.0
// How the driver talks to systemctl, with a script in its place; tests/systemd does it with a real systemd.
#include <gmock/gmock.h>

#include <optional>

#include "base/error.hpp"
#include "base/file.hpp"
#include "messages/system.hpp"
#include "sandbox.hpp"
#include "system/services.hpp"

namespace dfi::test {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class Systemd : public testing::Test {
 protected:
  /// A systemctl that keeps the state in a file; `start` and `stop` are what it does then.
  std::unique_ptr<ServiceManager> with_script(const std::string& start, const std::string& stop) {
    const auto script = box_.file("systemctl", "#!/bin/sh\ncd " + box_.path.string() +
                                                   "\necho \"$@\" >> calls\nshift 2\n"
                                                   "case $1 in\n"
                                                   "show) echo \"MainPID=77\"; echo \"ActiveState=$(cat state)\";;\n"
                                                   "status) echo 'faxmaild: FAXKA is damaged';;\n"
                                                   "start) " +
                                                   start + ";;\nstop) " + stop + ";;\nesac\n");
    fs::permissions(script, fs::perms::owner_all);
    box_.file("state", "inactive");
    return systemd_services(script.string());
  }

  Sandbox box_;
  Service service_{"faxmaild", "directfax-faxmaild.service", {}, 60, {}};
};

TEST_F(Systemd, StartsAndStopsTheUnit) {
  const auto manager = with_script("echo active > state", "echo inactive > state");
  EXPECT_EQ(manager->kind(), "systemd");
  EXPECT_FALSE(manager->running(service_));
  manager->start(service_);
  EXPECT_TRUE(manager->running(service_));
  manager->stop(service_, 5s);
  EXPECT_FALSE(manager->running(service_));
  EXPECT_THAT(read_file(box_.path / "calls"), HasSubstr("stop --no-block directfax-faxmaild.service"));
}

TEST_F(Systemd, WaitsWhileTheUnitIsDeactivating) {
  const auto manager = with_script("echo active > state",
                                   "echo deactivating > state; (sleep 0.3; echo inactive > state) "
                                   "> /dev/null 2>&1 &");
  manager->start(service_);
  manager->stop(service_, 5s);
  EXPECT_EQ(read_file(box_.path / "state"), "inactive\n");
}

TEST_F(Systemd, GivesUpOnAUnitThatDoesNotStop) {
  const auto manager = with_script("echo active > state", "echo deactivating > state");
  manager->start(service_);
  try {
    manager->stop(service_, 1s);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.message().id, msg::service_not_stopped);
    EXPECT_EQ(e.arg("pid"), "77");
  }
}

TEST_F(Systemd, ShowsTheLastOutputOfAUnitThatDoesNotStart) {
  const auto manager = with_script("echo 'Job failed.'; exit 1", "echo inactive > state");
  try {
    manager->start(service_);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.message().id, msg::service_not_started);
    EXPECT_EQ(e.exit_code(), 16);
    EXPECT_EQ(e.arg("output"), "Job failed.\nfaxmaild: FAXKA is damaged");
  }
}

TEST_F(Systemd, IsChosenOnlyForTheWholeMachineAndWhereItRuns) {
  EXPECT_EQ(service_manager(box_.path, box_.path)->kind(), "direct");
  const bool booted = fs::is_directory("/run/systemd/system");
  EXPECT_EQ(service_manager("/", box_.path)->kind(), booted ? "systemd" : "direct");
}

}  // namespace
}  // namespace dfi::test
