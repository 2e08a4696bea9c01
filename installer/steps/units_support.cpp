// SPDX-License-Identifier: Apache-2.0
#include "steps/units_support.hpp"

#include <algorithm>
#include <array>

#include "messages/system.hpp"
#include "steps/support.hpp"

namespace dfi::steps {
namespace {

using Units = std::vector<std::string>;

constexpr auto triggers_note = "triggers";    // [{"unit", "active"}]
constexpr auto forbidden_note = "forbidden";  // names of units

Units noted(const Run& run, const char* key) {
  const auto note = run.note(key);
  return note ? note->get<Units>() : Units();
}

Units noted_triggers(const Run& run, bool only_active) {
  Units units;
  if (const auto note = run.note(triggers_note))
    for (const auto& trigger : *note)
      if (!only_active || trigger.at("active").get<bool>()) units.push_back(trigger.at("unit").get<std::string>());
  return units;
}

void forbid(Run& run, const Units& units) {
  if (units.empty()) return;
  auto all = noted(run, forbidden_note);
  for (const auto& unit : units)
    if (std::find(all.begin(), all.end(), unit) == all.end()) all.push_back(unit);
  run.note(forbidden_note, all);
  run.services().forbid(units);
}

}  // namespace

std::string unit_of(const std::string& host_object) {
  const fs::path path = host_object;
  if (path.parent_path() != "etc/systemd/system") return {};
  constexpr std::array kinds{".service", ".socket", ".timer", ".path"};
  return std::count(kinds.begin(), kinds.end(), path.extension()) > 0 ? path.filename().string() : "";
}

void dismiss_units(Run& run, const Units& units) {
  if (run.services().kind() != "systemd" || units.empty()) return;
  run.services().allow(units);
  run.services().stop_units(units);
  Units command{"systemctl", "disable"};
  command.insert(command.end(), units.begin(), units.end());
  must_run(command);
}

bool note_triggers(Run& run, const std::vector<Service>& services) {
  if (!run.note(triggers_note)) {
    Json list = Json::array();
    for (const auto& trigger : run.services().triggers(services))
      list.push_back({{"unit", trigger.unit}, {"active", trigger.active}});
    run.note(triggers_note, list);
  }
  return !noted_triggers(run, true).empty();
}

void note_all_triggers(Run& run, const std::vector<Service>& services) {
  Json list = Json::array();
  for (const auto& trigger : run.services().triggers(services))
    list.push_back({{"unit", trigger.unit}, {"active", trigger.enabled}});
  run.note(triggers_note, list);
}

void forget_triggers(Run& run) { run.note(triggers_note, Json::array()); }

void forbid_triggers(Run& run) {
  const auto active = noted_triggers(run, true);
  forbid(run, noted_triggers(run, false));
  for (const auto& unit : active) run.say(msg::unit_stopped, {{"unit", unit}});
}

void forbid_services(Run& run, const std::vector<Service>& services) {
  if (run.services().kind() != "systemd") return;
  Units units;
  for (const auto& service : services) units.push_back(service.unit);
  forbid(run, units);
}

void forbid_again(Run& run) {
  const auto marker = dfi::gate::read(run.layout().data());
  if (!marker || marker->run != run.name() || marker->phase != dfi::gate::Phase::closed) return;
  if (const auto units = noted(run, forbidden_note); !units.empty()) run.services().forbid(units);
}

void allow_units(Run& run) {
  if (const auto units = noted(run, forbidden_note); !units.empty()) run.services().allow(units);
}

bool sockets_down(Run& run, const std::vector<Service>& services) {
  const auto wanted = noted_triggers(run, true);
  if (wanted.empty()) return false;
  const auto now = run.services().triggers(services);
  return std::any_of(wanted.begin(), wanted.end(), [&](const auto& unit) {
    return fs::path(unit).extension() == ".socket" &&
           std::none_of(now.begin(), now.end(), [&](const auto& t) { return t.unit == unit && t.active; });
  });
}

void start_sockets(Run& run) {
  for (const auto& unit : noted_triggers(run, true))
    if (fs::path(unit).extension() == ".socket") run.services().start_units({unit});
}

void start_triggers(Run& run) {
  const auto units = noted_triggers(run, true);
  run.services().start_units(units);
  for (const auto& unit : units) run.say(msg::unit_started, {{"unit", unit}});
}

}  // namespace dfi::steps
