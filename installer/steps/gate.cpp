// SPDX-License-Identifier: Apache-2.0
// gate: from here no product process may start (marker). The lock follows in quiesce, when those that run are gone.
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::gate {

void apply(Run& run) { set_gate(run, dfi::gate::Phase::closed); }

// After a power cut since the revert of quiesce the old services are down again.
void revert(Run& run) {
  start_missing_services(run, current_services(run));
  open_gate(run);
}

}  // namespace dfi::steps::gate
