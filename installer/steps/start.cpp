// SPDX-License-Identifier: Apache-2.0
// start: what ran before runs again, held: it opens its files but takes no work until `open`. So going back after a
// failed self-test loses nothing.
#include <algorithm>

#include "steps/steps.hpp"
#include "steps/support.hpp"
#include "steps/units_support.hpp"

namespace dfi::steps::start {

void apply(Run& run) {
  auto services = current_services(run);
  if (run.note("start_all")) {
    Json all = Json::array();
    for (const auto& service : services) all.push_back(service.name);
    run.note("running_services", all);
    note_all_triggers(run, services);
  }
  auto noted = run.note("running_services");
  if (!noted || noted->empty()) return;
  run.closure.reset();
  set_gate(run, dfi::gate::Phase::held);
  start_noted_services(run, services);
  start_missing_services(run, services, untouched_services);
}

void revert(Run& run) {
  auto services = current_services(run);
  if (noted_services(run, services).empty()) return;
  // All but those the run leaves alone: a socket may have woken one meanwhile.
  for (const auto& untouched : noted_services(run, services, untouched_services))
    services.erase(
        std::remove_if(services.begin(), services.end(), [&](const auto& s) { return s.name == untouched.name; }),
        services.end());
  set_gate(run, dfi::gate::Phase::closed);
  forbid_triggers(run);
  if (run.note("start_all")) forget_triggers(run);
  stop_services(run, services);
  forbid_services(run, services);
}

}  // namespace dfi::steps::start
