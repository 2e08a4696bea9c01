// SPDX-License-Identifier: Apache-2.0
// quiesce: stops the services, takes the gate's lock and looks at the holders again: between the
// first look and the closed gate somebody may have come in.
#include "steps/steps.hpp"
#include "steps/support.hpp"
#include "steps/units_support.hpp"

namespace dfi::steps::quiesce {

void apply(Run& run) {
  auto installed =
      run.verb() == "backup restore" ? Generation::usable(run.layout()) : Generation::current(run.layout());
  if (!installed) {
    // First installation, or a restore over a damaged one: all services of the new product are started.
    run.note("start_all", true);
    hold_gate(run);
    return;
  }
  auto services = installed->services(run.layout());
  stop_services(run, services);
  forbid_services(run, services);
  throw_first_blocker(checks::active(run.layout(), installed->spec(), run.services()));
  hold_gate(run);
}

// The old product comes back up held; the gate's own revert lets it work.
void revert(Run& run) {
  run.closure.reset();
  set_gate(run, dfi::gate::Phase::held);
  start_noted_services(run, current_services(run));
}

}  // namespace dfi::steps::quiesce
