// SPDX-License-Identifier: Apache-2.0
#include "base/gate.hpp"

#include "tests/base/scratch.hpp"

namespace dfi::test {
namespace {

struct Gate : Scratch {
  Gate() { fs::create_directories(path(".dfinstall")); }
  gate::Marker marker(gate::Phase phase = gate::Phase::closed) const { return {"7 (update)", phase, "now", 1}; }
};

TEST_F(Gate, LetsTheProductInWhileItIsOpen) {
  auto pass = gate::Pass::enter(directory_, false);
  auto second = gate::Pass::enter(directory_, false);
  EXPECT_FALSE(pass.held());
}

TEST_F(Gate, IsClosedOnlyWhenEverybodyHasLeft) {
  auto pass = std::make_unique<gate::Pass>(gate::Pass::enter(directory_, false));
  EXPECT_EQ(error_of([&] { gate::Closure::close(directory_, marker(), 50); }), "gate_busy");
  pass.reset();
  auto closure = gate::Closure::close(directory_, marker(), 1000);
  EXPECT_EQ(error_of([&] { gate::Pass::enter(directory_, true); }), "gate_closed");
  gate::Closure::open(directory_, std::move(closure));
  EXPECT_EQ(error_of([&] { gate::Pass::enter(directory_, false); }), "nothing");
}

TEST_F(Gate, StaysClosedWhenItsOwnerDies) {
  {
    auto closure = gate::Closure::close(directory_, marker(), 1000);
  }  // as after kill -9 or a reboot: the lock is free
  EXPECT_EQ(error_of([&] { gate::Pass::enter(directory_, false); }), "gate_closed");
  EXPECT_EQ(gate::read(directory_)->run, "7 (update)");
}

TEST_F(Gate, HoldsADaemonUntilItIsOpened) {
  gate::set_marker(directory_, marker(gate::Phase::held));
  EXPECT_EQ(error_of([&] { gate::Pass::enter(directory_, false); }), "gate_closed");
  auto pass = gate::Pass::enter(directory_, true);
  EXPECT_TRUE(pass.held());
  gate::Closure::open(directory_, std::nullopt);
  EXPECT_FALSE(pass.held());
  EXPECT_EQ(error_of([&] { gate::Closure::close(directory_, marker(), 50); }), "gate_busy")
      << "now it counts as inside";
}

TEST_F(Gate, WithADamagedMarkerIsClosed) {
  file(".dfinstall/gate", "{ half");
  EXPECT_EQ(error_of([&] { gate::Pass::enter(directory_, true); }), "gate_closed");
}

}  // namespace
}  // namespace dfi::test
