// SPDX-License-Identifier: Apache-2.0
// From gate to open nothing of the product starts, whoever tries; afterwards runs exactly what ran before.
#include "messages/gate.hpp"

#include <gmock/gmock.h>

#include "messages/system.hpp"
#include "tests/systemd/product_on_systemd.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

class OnSystemd : public ProductOnSystemd {};

TEST_F(OnSystemd, FirstInstallationEnablesAndStartsServicesAndWhatWakesThem) {
  ASSERT_TRUE(ended(machine->dfinstall({"update", release("1.00")})));
  EXPECT_EQ(not_back(), "");
  for (const char* unit : {"demod.service", "demomon.service", "demod.socket", "demomon.path"})
    EXPECT_EQ(machine->unit(unit, "UnitFileState"), "enabled") << unit;
  machine->power_off();
  machine->boot();
  EXPECT_TRUE(machine->becomes_active("demod.service"));
  EXPECT_EQ(not_back(), "");
}

TEST_F(OnSystemd, NothingWakesTheProductInTheMiddleOfAnUpdate) {
  ASSERT_NO_FATAL_FAILURE(install_100());
  ASSERT_TRUE(knock());
  ASSERT_NO_FATAL_FAILURE(suspend_update());
  for (const char* unit : {"demod.service", "demomon.service", "demod.socket", "demomon.path"})
    EXPECT_TRUE(machine->masked(unit) && !machine->active(unit)) << unit;
  EXPECT_FALSE(knock());
  touch_wake_file();
  EXPECT_NE(machine->run({"systemctl", "start", "demod.service"}).exit, 0);
  EXPECT_NE(machine->run({"systemctl", "start", "demod.socket"}).exit, 0);
  const auto by_hand = machine->run({"/opt/demoprod/current/bin/demod", "--root", "/"});
  EXPECT_EQ(by_hand.exit, 75);
  EXPECT_THAT(by_hand.err, HasSubstr("2 (update)"));
  EXPECT_EQ(not_down(), "");
  repair();
  ASSERT_TRUE(ended(machine->dfinstall({"resume"})));
  EXPECT_EQ(not_back(), "");
  EXPECT_EQ(version(), "1.10");
  EXPECT_TRUE(knock());
}

TEST_F(OnSystemd, OnlyWhatRanBeforeRunsAfterwards) {
  ASSERT_NO_FATAL_FAILURE(install_100());
  ASSERT_EQ(machine->run({"systemctl", "stop", "demomon.path", "demomon.service"}).exit, 0);
  ASSERT_TRUE(ended(machine->dfinstall({"update", release("1.10")})));
  EXPECT_EQ(machine->forbidden(), "");
  EXPECT_TRUE(machine->active("demod.service") && machine->active("demod.socket"));
  EXPECT_FALSE(machine->active("demomon.service") || machine->active("demomon.path"));
  EXPECT_EQ(machine->run({"systemctl", "start", "demomon.path", "demomon.service"}).exit, 0);
}

TEST_F(OnSystemd, ASocketOfAStoppedServiceComesBackAndWakesTheNewRelease) {
  ASSERT_NO_FATAL_FAILURE(install_100());
  ASSERT_EQ(machine->run({"systemctl", "stop", "demod.service"}).exit, 0);
  ASSERT_EQ(machine->run({"systemctl", "stop", "demomon.path", "demomon.service"}).exit, 0);
  ASSERT_TRUE(ended(machine->dfinstall({"update", release("1.10")})));
  EXPECT_FALSE(machine->active("demod.service"));
  EXPECT_TRUE(knock());
  EXPECT_TRUE(machine->becomes_active("demod.service"));
}

TEST_F(OnSystemd, AReleaseWhoseServiceDoesNotStartGoesBackByItself) {
  ASSERT_NO_FATAL_FAILURE(install_100());
  write(workshop.source("1.10") / "objects/share/behaviour.txt", "fail-start\n");
  auto finished = machine->dfinstall({"update", release("1.10")});
  EXPECT_TRUE(ended(finished, 33, msg::service_not_started));
  EXPECT_THAT(finished.json()["error"]["args"]["output"].get<std::string>(), HasSubstr("part 7 of 9 is missing"));
  EXPECT_EQ(not_back(), "");
  EXPECT_EQ(version(), "1.00");
}

TEST_F(OnSystemd, StopEndsWhatWakesTheProductAndStartBringsItBack) {
  ASSERT_NO_FATAL_FAILURE(install_100());
  auto locks = machine->dfinstall({"locks"}).json();
  EXPECT_THAT(locks.dump(), HasSubstr("demod.socket"));
  ASSERT_TRUE(ended(machine->dfinstall({"stop"})));
  touch_wake_file();
  EXPECT_FALSE(knock());
  EXPECT_EQ(not_down(), "");
  ASSERT_TRUE(ended(machine->dfinstall({"start"})));
  EXPECT_EQ(not_back(), "");
}

}  // namespace
}  // namespace dfi::test
