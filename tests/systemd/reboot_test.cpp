// SPDX-License-Identifier: Apache-2.0
// A machine that goes down in the middle of a run: the product stays down until the run is over, and then runs.
#include <signal.h>

#include "base/file.hpp"
#include "tests/systemd/product_on_systemd.hpp"

namespace dfi::test {
namespace {

class RebootOnSystemd : public ProductOnSystemd {
 protected:
  void SetUp() override {
    ProductOnSystemd::SetUp();
    if (IsSkipped()) return;
    ASSERT_NO_FATAL_FAILURE(install_100());
  }
  /// dfinstall dies with the machine in the middle of the conversion.
  void lose_power_while_converting() {
    Child update(machine->inside({"dfinstall_crash", "update", release("1.10"), "--json"}),
                 {"DFI_PAUSE_AT=.dfinstall/2/DEMOSTAT"});
    ASSERT_TRUE(update.stopped());
    // nsenter stands still with its child; left alive it would keep the dead machine from ending.
    update.kill(SIGKILL);
    machine->cut_power();
    update.wait();
    machine->boot();
  }
};

TEST_F(RebootOnSystemd, OfASuspendedRunKeepsTheProductDownAndResumeFinishesIt) {
  ASSERT_NO_FATAL_FAILURE(suspend_update());
  machine->power_off();
  machine->boot();
  EXPECT_EQ(machine->forbidden(), "") << "the reboot forgets what was forbidden";
  EXPECT_TRUE(knock()) << "and the socket listens again";
  touch_wake_file();
  EXPECT_EQ(not_refused(), "") << "but the marker of the gate stands";
  EXPECT_TRUE(ended(machine->dfinstall({"resume"}), 30)) << "the cause is still there";
  EXPECT_TRUE(machine->masked("demod.service") && machine->masked("demod.socket"));
  EXPECT_FALSE(knock());
  repair();
  ASSERT_TRUE(ended(machine->dfinstall({"resume"})));
  EXPECT_EQ(not_back(), "");
  EXPECT_EQ(version(), "1.10");
}

TEST_F(RebootOnSystemd, AfterPowerLossInTheConversionResumeFinishes) {
  ASSERT_NO_FATAL_FAILURE(lose_power_while_converting());
  EXPECT_EQ(not_refused(), "");
  ASSERT_TRUE(ended(machine->dfinstall({"resume"})));
  EXPECT_EQ(not_back(), "");
  EXPECT_EQ(version(), "1.10");
}

TEST_F(RebootOnSystemd, AfterPowerLossInTheConversionRollbackStartsTheOldProduct) {
  ASSERT_NO_FATAL_FAILURE(lose_power_while_converting());
  ASSERT_TRUE(ended(machine->dfinstall({"rollback"})));
  EXPECT_EQ(not_back(), "");
  EXPECT_EQ(version(), "1.00");
}

/// The durable operations around forbidding and allowing units, from a traced run.
std::vector<long> operations_on_units(const std::string& trace) {
  std::vector<long> numbers;
  std::istringstream lines(trace);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("system.control") == std::string::npos) continue;
    for (const long number : {std::stol(line), std::stol(line) + 1})
      if (numbers.empty() || numbers.back() != number) numbers.push_back(number);
  }
  return numbers;
}

// dfinstall dies at each operation on a unit, and behind it; the way back leaves no unit forbidden.
TEST_F(RebootOnSystemd, KilledWhileUnitsAreForbiddenOrAllowedNoneStaysForbidden) {
  const Words update{"update", release("1.10"), "--on-failure=rollback"};
  spoil();
  const auto traced = machine->dfinstall(update, {"DFI_CRASH_TRACE=/root/trace"}, "dfinstall_crash");
  ASSERT_TRUE(ended(traced, 31));
  const auto points = operations_on_units(read_file(machine->path("/root/trace")));
  ASSERT_GT(points.size(), 8u);
  for (const long k : points) {
    SCOPED_TRACE("operation " + std::to_string(k));
    const auto killed = machine->dfinstall(update, {"DFI_CRASH_AT=" + std::to_string(k)}, "dfinstall_crash");
    ASSERT_EQ(killed.exit, 128 + SIGKILL);
    ASSERT_TRUE(ended(machine->dfinstall({"rollback"})));
    ASSERT_EQ(not_back(), "");
  }
}

}  // namespace
}  // namespace dfi::test
