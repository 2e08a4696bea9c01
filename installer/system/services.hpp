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

/// Units of systemd, by its command line tool.
std::unique_ptr<ServiceManager> systemd_services(const std::string& systemctl = "systemctl");

}  // namespace dfi
