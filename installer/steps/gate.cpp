// SPDX-License-Identifier: Apache-2.0
// gate: from here no product process may start (marker), and no unit of systemd wakes one. The lock follows in quiesce,
// when those that run are gone.
#include <algorithm>

#include "steps/steps.hpp"
#include "steps/support.hpp"
#include "steps/units_support.hpp"

namespace dfi::steps::gate {

// What runs is noted before the gate closes: after a power cut right behind it no service can start by itself any more,
// and nobody would know which did.
void apply(Run& run) {
  const auto services = current_services(run);
  note_triggers(run, services);
  if (!services.empty() && !run.note("running_services")) run.note("running_services", running_services(run, services));
  set_gate(run, dfi::gate::Phase::closed);
  forbid_triggers(run);
}

// After a power cut since the gate was closed, or since the revert of quiesce, the old services are down: they start
// while the gate is still held. Killed before quiesce they may still run while their sockets are down: then they are
// started anew behind these.
void revert(Run& run) {
  const auto services = noted_services(run, current_services(run));
  allow_units(run);
  const bool sockets = sockets_down(run, services);
  const auto is_down = [&](const Service& service) { return !run.services().running(service); };
  if (sockets || std::any_of(services.begin(), services.end(), is_down)) {
    set_gate(run, dfi::gate::Phase::held);
    if (sockets) start_noted_services(run, services);
    start_missing_services(run, services);
  }
  open_gate(run);
}

}  // namespace dfi::steps::gate
