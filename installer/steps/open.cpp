// SPDX-License-Identifier: Apache-2.0
// open: the users come back. From here there is no automatic way back: their work would be lost.
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::open {

void apply(Run& run) { open_gate(run); }

}  // namespace dfi::steps::open
