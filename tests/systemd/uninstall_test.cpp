// SPDX-License-Identifier: Apache-2.0
// What came with the product goes with it: nothing of it stays forbidden, enabled or listening.
#include <gmock/gmock.h>

#include "messages/step.hpp"
#include "tests/systemd/product_on_systemd.hpp"

namespace dfi::test {
namespace {

class UninstallOnSystemd : public ProductOnSystemd {
 protected:
  /// Empty if systemd knows nothing of the product any more.
  std::string not_gone() {
    std::string wrong = machine->forbidden();
    for (const char* unit : {"demod.service", "demomon.service", "demod.socket", "demomon.path"})
      if (const auto state = machine->unit(unit, "LoadState"); state != "not-found")
        wrong += std::string(unit) + " is " + state + "\n";
    return wrong + machine->run({"find", "/etc/systemd", "-name", "demo*"}).out;
  }
  /// Mode and owner of the data directory and of what is in it.
  std::string owners() {
    const auto look = "find /var/opt/demoprod -name .dfinstall -prune -o -printf '%f %m %u %g\\n' | sort";
    return machine->run({"sh", "-c", look}).out;
  }
};

TEST_F(UninstallOnSystemd, LeavesNoUnitAndANewInstallationTakesTheDataOver) {
  ASSERT_NO_FATAL_FAILURE(install_100());
  ASSERT_TRUE(ended(machine->dfinstall({"uninstall", "--yes"})));
  EXPECT_EQ(not_gone(), "");
  EXPECT_FALSE(knock());
  ASSERT_TRUE(ended(machine->dfinstall({"update", release("1.10"), "--level", "DEMOSTAT=1"})));
  EXPECT_EQ(not_back(), "");
  EXPECT_EQ(version(), "1.10");
}

TEST_F(UninstallOnSystemd, PurgeLeavesNoUnitAndTheProductCanBeInstalledAgain) {
  ASSERT_NO_FATAL_FAILURE(install_100());
  ASSERT_TRUE(ended(machine->dfinstall({"uninstall", "--purge", "--yes"})));
  EXPECT_EQ(not_gone(), "");
  ASSERT_TRUE(ended(machine->dfinstall({"update", release("1.00")})));
  EXPECT_EQ(not_back(), "");
}

TEST_F(UninstallOnSystemd, AFirstInstallationThatIsTakenBackLeavesNoUnitAndTheOwnersOfTheData) {
  replace_in(workshop.source("1.10") / "product.toml", "platform = \"any\"", "platform = \"any\"\nuser = \"nobody\"");
  ASSERT_NO_FATAL_FAILURE(install_100());
  ASSERT_TRUE(ended(machine->dfinstall({"uninstall", "--yes"})));
  const auto before = owners();
  const auto update = [&] { return machine->dfinstall({"update", release("1.10"), "--level", "DEMOSTAT=1"}); };
  ASSERT_TRUE(ended(update()));
  EXPECT_EQ(not_back(), "");
  EXPECT_NE(owners(), before);
  ASSERT_TRUE(ended(machine->dfinstall({"rollback"})));
  EXPECT_EQ(not_gone(), "");
  EXPECT_FALSE(knock());
  EXPECT_EQ(owners(), before);
  ASSERT_TRUE(ended(update()));
  EXPECT_EQ(not_back(), "");
}

TEST_F(UninstallOnSystemd, AFirstInstallationWhoseServiceDoesNotStartLeavesNoUnit) {
  write(workshop.source("1.00") / "objects/share/behaviour.txt", "fail-start\n");
  EXPECT_TRUE(ended(machine->dfinstall({"update", release("1.00")}), 33));
  EXPECT_EQ(not_gone(), "");
}

}  // namespace
}  // namespace dfi::test
