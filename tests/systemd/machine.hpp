// SPDX-License-Identifier: Apache-2.0
// A Debian host with a real systemd as process 1: booted by systemd-nspawn on a throw-away overlay, so it can be
// powered off, cut from power and booted again with its disk as it was.
#pragma once
#include <optional>

#include "tests/support/product.hpp"

namespace dfi::test {

class Machine {
 public:
  /// Booted, with the programs under test.
  Machine();
  ~Machine();

  /// Empty, or why no machine can be booted here.
  static std::string reason_to_skip();

  void boot();
  void power_off();
  /// Every process dies at once.
  void cut_power();

  /// A path of the machine as the test sees it.
  fs::path path(const fs::path& inside) const { return root_ / inside.relative_path(); }
  /// A program inside, as root from a terminal.
  Finished run(Words argv, const Words& environment = {}) const;
  /// dfinstall with --json; `program`: dfinstall or dfinstall_crash.
  Finished dfinstall(Words arguments, const Words& environment = {}, const std::string& program = "dfinstall") const;
  Words inside(Words argv) const;

  /// A property of a unit: "ActiveState", "LoadState", "UnitFileState", "MainPID".
  std::string unit(const std::string& name, const std::string& property) const;
  bool active(const std::string& name) const { return unit(name, "ActiveState") == "active"; }
  bool masked(const std::string& name) const { return unit(name, "LoadState") == "masked"; }
  /// Until the unit is active; false after 20 s.
  bool becomes_active(const std::string& name) const;
  /// Until the service has no process and its last one ended with this status; false after 20 s. Between being started
  /// and ending a process stands for some milliseconds, also a refused one.
  bool ends_with(const std::string& service, int status) const;
  /// What forbids a unit at this moment, one name for each.
  std::string forbidden() const;

 private:
  void wait_gone();

  TemporaryDirectory place_{true};
  fs::path root_;
  std::optional<Child> nspawn_;
  pid_t leader_ = 0;
};

}  // namespace dfi::test
