// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <sstream>
#include <thread>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "messages/system.hpp"
#include "system/services.hpp"

namespace dfi {
namespace {

class SystemdServices : public ServiceManager {
 public:
  explicit SystemdServices(std::string systemctl) : systemctl_(std::move(systemctl)) {}

  std::string kind() const override { return "systemd"; }

  bool running(const Service& service) override {
    const auto state = show(service)["ActiveState"];
    // "activating" also stands for a unit that waits for its automatic restart; "deactivating" still has processes.
    return !(state.empty() || state == "inactive" || state == "failed");
  }

  bool owns(const Service& service, const Holder& holder) override { return holder.unit == service.unit; }

  void start(const Service& service) override {
    // Earlier failures of this unit must not count against its start limit.
    call({"reset-failed", service.unit});
    const auto result = call({"start", service.unit}, std::chrono::seconds(120));
    if (result.status == 0) return;
    auto output = result.output + call({"status", "--lines=20", "--full", service.unit}).output;
    call({"stop", service.unit}, std::chrono::seconds(120));  // no automatic restart behind our back
    while (!output.empty() && output.back() == '\n') output.pop_back();
    throw Error(msg::service_not_started, {{"service", service.name},
                                           {"status", std::to_string(result.status)},
                                           {"output", output},
                                           {"log", "journalctl -u " + service.unit}});
  }

  void stop(const Service& service, std::chrono::seconds wait) override {
    if (!running(service)) return;
    const auto asked = call({"stop", "--no-block", service.unit});
    const auto deadline = monotonic_ms() + std::chrono::milliseconds(wait).count();
    while (asked.status == 0 && running(service) && monotonic_ms() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    auto properties = show(service);
    if (!running(service)) return;
    throw Error(msg::service_not_stopped,
                {{"service", service.name}, {"pid", properties["MainPID"]}, {"seconds", std::to_string(wait.count())}});
  }

  std::string last_output(const Service& service) override {
    return call({"status", "--lines=50", "--full", service.unit}).output;
  }

 private:
  ProgramResult call(std::vector<std::string> arguments,
                     std::chrono::seconds timeout = std::chrono::seconds(30)) const {
    arguments.insert(arguments.begin(), {systemctl_, "--no-pager", "--no-ask-password"});
    return run_program(arguments, {"LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER="}, timeout);
  }

  std::map<std::string, std::string> show(const Service& service) const {
    std::map<std::string, std::string> properties;
    std::istringstream lines(call({"show", "-p", "ActiveState,MainPID", service.unit}).output);
    for (std::string line; std::getline(lines, line);)
      if (const auto equal = line.find('='); equal != std::string::npos)
        properties[line.substr(0, equal)] = line.substr(equal + 1);
    return properties;
  }

  std::string systemctl_;
};

}  // namespace

std::unique_ptr<ServiceManager> systemd_services(const std::string& systemctl) {
  return std::make_unique<SystemdServices>(systemctl);
}

std::unique_ptr<ServiceManager> service_manager(const fs::path& root, const fs::path& state) {
  std::error_code error;
  const bool booted_by_systemd = fs::is_directory("/run/systemd/system", error);  // the test of sd_booted(3)
  const bool whole_machine = fs::weakly_canonical(fs::absolute(root), error) == "/";
  return booted_by_systemd && whole_machine ? systemd_services() : direct_services(state);
}

}  // namespace dfi
