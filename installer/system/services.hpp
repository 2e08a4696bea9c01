// SPDX-License-Identifier: Apache-2.0
// The two drivers behind ServiceManager, for service_manager() and the tests.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "system/system.hpp"

namespace dfi {

/// Own processes: `<state>/services/<name>.json` says which process it is, `<name>.log` keeps its output.
std::unique_ptr<ServiceManager> direct_services(const fs::path& state,
                                                std::chrono::milliseconds ready_wait = std::chrono::seconds(20));

/// Units of systemd, by its command line tool. A unit is forbidden by a link to /dev/null in `control`: the only place
/// forgotten at a reboot which goes before /etc/systemd/system, where `systemctl mask --runtime` has no effect.
std::unique_ptr<ServiceManager> systemd_services(const std::string& systemctl = "systemctl",
                                                 const fs::path& control = "/run/systemd/system.control");

}  // namespace dfi
