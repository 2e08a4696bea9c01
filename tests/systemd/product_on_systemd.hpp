// SPDX-License-Identifier: Apache-2.0
// The test product on a machine: two services with units of their own, one with a socket, one with a path unit.
#pragma once
#include "tests/systemd/machine.hpp"

namespace dfi::test {

class ProductOnSystemd : public ::testing::Test {
 protected:
  void SetUp() override;

  /// Releases are made outside and laid into the machine; returns the path inside.
  std::string release(const std::string& version);
  void install_100();
  void execute(const std::string& data_file, const std::string& sql);
  /// A row that CVTSTAT2 cannot convert: the update is suspended there.
  void spoil() { execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')"); }
  void repair() { execute("DEMOSTAT", "UPDATE DEMOSTAT SET STDAT = '20200813' WHERE STID = 9"); }
  /// Suspended in the conversion of DEMOSTAT.
  void suspend_update();
  std::string version();

  /// A client at the socket of demod; false if nobody listens.
  bool knock();
  /// What the path unit waits for.
  void touch_wake_file();
  /// Empty if everything that ran before runs, nothing is forbidden and no run is open.
  std::string not_back();
  /// Empty if no service runs and nothing wakes one.
  std::string not_down();
  /// Empty if every service was started, as by a boot, and ended because the gate is closed.
  std::string not_refused();

  std::optional<Machine> machine;
  Host workshop;
};

}  // namespace dfi::test
