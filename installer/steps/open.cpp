// SPDX-License-Identifier: Apache-2.0
// open: the users come back. From here there is no automatic way back: their work would be lost.
#include "steps/since_open_support.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::open {

// After a power cut since `start` the services are down; they are started again while the gate is still held.
void apply(Run& run) {
  start_missing_services(run, current_services(run));
  note_at_open(run);
  open_gate(run);
}

}  // namespace dfi::steps::open
