// SPDX-License-Identifier: Apache-2.0
// gate: from here no product process may start (marker). The lock follows in quiesce, when those that run are gone.
#include <algorithm>

#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::gate {

// What runs is noted before the gate closes: after a power cut right behind it no service can start by itself any more,
// and nobody would know which did.
void apply(Run& run) {
  if (!run.note("running_services")) run.note("running_services", running_services(run, current_services(run)));
  set_gate(run, dfi::gate::Phase::closed);
}

// After a power cut since the gate was closed, or since the revert of quiesce, the old services are down.
void revert(Run& run) {
  const auto services = noted_services(run, current_services(run));
  if (std::any_of(services.begin(), services.end(), [&](const Service& s) { return !run.services().running(s); })) {
    set_gate(run, dfi::gate::Phase::held);
    start_missing_services(run, services);
  }
  open_gate(run);
}

}  // namespace dfi::steps::gate
