// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "messages/system.hpp"
#include "system/services.hpp"

namespace dfi {
namespace {

using Properties = std::map<std::string, std::string>;
using Units = std::vector<std::string>;

// "activating" also stands for a unit that waits for its automatic restart; "deactivating" still has processes.
bool is_active(const Properties& unit) {
  const auto found = unit.find("ActiveState");
  return found != unit.end() && !(found->second.empty() || found->second == "inactive" || found->second == "failed");
}

std::string value(const Properties& unit, const std::string& name) {
  const auto found = unit.find(name);
  return found == unit.end() ? std::string() : found->second;
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

class SystemdServices : public ServiceManager {
 public:
  SystemdServices(std::string systemctl, fs::path control)
      : systemctl_(std::move(systemctl)), control_(std::move(control)) {}

  std::string kind() const override { return "systemd"; }

  bool running(const Service& service) override { return is_active(show(service.unit)); }

  bool owns(const Service& service, const Holder& holder) override { return holder.unit == service.unit; }

  void start(const Service& service) override {
    // Earlier failures of this unit must not count against its start limit.
    call({"reset-failed", service.unit});
    const auto result = call({"start", service.unit}, std::chrono::seconds(120));
    if (result.status == 0) return;
    const auto output = result.output + call({"status", "--lines=20", "--full", service.unit}).output;
    call({"stop", service.unit}, std::chrono::seconds(120));  // no automatic restart behind our back
    throw Error(msg::service_not_started, {{"service", service.name},
                                           {"status", std::to_string(result.status)},
                                           {"output", trimmed(output)},
                                           {"log", "journalctl -u " + service.unit}});
  }

  void stop(const Service& service, std::chrono::seconds wait) override {
    if (!running(service)) return;
    const auto asked = call({"stop", "--no-block", service.unit});
    const auto deadline = monotonic_ms() + std::chrono::milliseconds(wait).count();
    while (asked.status == 0 && running(service) && monotonic_ms() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    auto properties = show(service.unit);
    if (!is_active(properties)) return;
    throw Error(msg::service_not_stopped,
                {{"service", service.name}, {"pid", properties["MainPID"]}, {"seconds", std::to_string(wait.count())}});
  }

  std::string last_output(const Service& service) override {
    return call({"status", "--lines=50", "--full", service.unit}).output;
  }

  std::vector<Trigger> triggers(const std::vector<Service>& services) override {
    std::set<std::string> names;
    for (const auto& service : services) {
      std::istringstream words(value(show(service.unit), "TriggeredBy"));
      for (std::string name; words >> name;) names.insert(name);
    }
    std::vector<Trigger> result;
    for (const auto& name : names) {
      const auto unit = show(name);
      result.push_back({name, is_active(unit), value(unit, "UnitFileState") == "enabled"});
    }
    return result;
  }

  void start_units(const Units& units) override {
    for (const auto& unit : units) {
      call({"reset-failed", unit});
      const auto result = call({"start", unit}, std::chrono::seconds(120));
      if (result.status != 0) throw Error(msg::unit_not_started, {{"unit", unit}, {"output", trimmed(result.output)}});
    }
  }

  void stop_units(const Units& units) override {
    for (const auto& unit : units) stop_unit(unit);
  }

  // Stopped before it is masked: a masked unit has lost its ExecStop and time limits.
  void forbid(const Units& units) override {
    Units there;
    for (const auto& unit : units)
      if (const auto state = value(show(unit), "LoadState"); state != "not-found") there.push_back(unit);
    stop_units(there);
    if (there.empty()) return;
    durable::make_directories(control_);
    for (const auto& unit : there)
      if (!fs::is_symlink(control_ / unit)) durable::flip_link(control_ / unit, "/dev/null");
    must_reload(there.front());
    for (const auto& unit : there) {
      // Somebody may have been quicker than the link.
      stop_unit(unit);
      if (const auto state = value(show(unit), "LoadState"); state != "masked")
        throw Error(msg::unit_not_closed, {{"unit", unit}, {"state", state}, {"output", (control_ / unit).string()}});
    }
  }

  // The state counts, not whether there was a link: killed behind its removal, systemd has not heard of it yet.
  void allow(const Units& units) override {
    for (const auto& unit : units) durable::remove(control_ / unit);
    const auto masked = std::find_if(units.begin(), units.end(),
                                     [&](const auto& unit) { return value(show(unit), "LoadState") == "masked"; });
    if (masked != units.end()) must_reload(*masked);
  }

 private:
  ProgramResult call(Units arguments, std::chrono::seconds timeout = std::chrono::seconds(30)) const {
    arguments.insert(arguments.begin(), {systemctl_, "--no-pager", "--no-ask-password"});
    return run_program(arguments, {"LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER="}, timeout);
  }

  Properties show(const std::string& unit) const {
    Properties properties;
    std::istringstream lines(
        call({"show", "-p", "ActiveState,LoadState,MainPID,TriggeredBy,UnitFileState", unit}).output);
    for (std::string line; std::getline(lines, line);)
      if (const auto equal = line.find('='); equal != std::string::npos)
        properties[line.substr(0, equal)] = line.substr(equal + 1);
    return properties;
  }

  void stop_unit(const std::string& unit) const {
    if (!is_active(show(unit))) return;
    const auto result = call({"stop", unit}, std::chrono::seconds(120));
    if (const auto after = show(unit); is_active(after))
      throw Error(msg::unit_not_closed,
                  {{"unit", unit}, {"state", value(after, "ActiveState")}, {"output", trimmed(result.output)}});
  }

  void must_reload(const std::string& unit) const {
    const auto result = call({"daemon-reload"}, std::chrono::seconds(120));
    if (result.status != 0)
      throw Error(msg::unit_not_closed, {{"unit", unit}, {"state", "?"}, {"output", trimmed(result.output)}});
  }

  std::string systemctl_;
  fs::path control_;
};

}  // namespace

std::unique_ptr<ServiceManager> systemd_services(const std::string& systemctl, const fs::path& control) {
  return std::make_unique<SystemdServices>(systemctl, control);
}

std::unique_ptr<ServiceManager> service_manager(const fs::path& root, const fs::path& state) {
  std::error_code error;
  const bool booted_by_systemd = fs::is_directory("/run/systemd/system", error);  // the test of sd_booted(3)
  const bool whole_machine = fs::weakly_canonical(fs::absolute(root), error) == "/";
  return booted_by_systemd && whole_machine ? systemd_services() : direct_services(state);
}

}  // namespace dfi
