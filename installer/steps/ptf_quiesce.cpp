// SPDX-License-Identifier: Apache-2.0
// quiesce of a PTF: only jobs that use a replaced object are stopped; the data stays as it is, so the others work on.
// Nobody may start between the flip and the self-test: the marker stands, the lock is not needed.
#include <algorithm>

#include "steps/ptf_support.hpp"
#include "steps/steps.hpp"
#include "steps/units_support.hpp"

namespace dfi::steps::ptf_quiesce {
namespace {

std::vector<Service> affected(const Run& run) {
  auto changed = run.note("changed");
  if (!changed) return {};
  return ptf::affected_services(current_services(run), changed->get<std::vector<std::string>>());
}

}  // namespace

void apply(Run& run) {
  auto services = affected(run);
  if (!run.note("running_services")) run.note("running_services", running_services(run, services));
  const bool triggered = note_triggers(run, services);
  if (run.note("running_services")->empty() && !triggered) return;
  if (!run.note(untouched_services)) {
    auto others = Json::array();
    for (const auto& name : running_services(run, current_services(run)))
      if (std::none_of(services.begin(), services.end(), [&](const Service& s) { return s.name == name; }))
        others.push_back(name);
    run.note(untouched_services, others);
  }
  set_gate(run, dfi::gate::Phase::closed);
  forbid_triggers(run);
  stop_services(run, services);
  forbid_services(run, services);
}

void revert(Run& run) {
  auto noted = run.note("running_services");
  if (!noted || (noted->empty() && !note_triggers(run, {}))) return;
  set_gate(run, dfi::gate::Phase::held);
  start_noted_services(run, affected(run));
  start_missing_services(run, current_services(run), untouched_services);
  open_gate(run);
}

}  // namespace dfi::steps::ptf_quiesce
