// SPDX-License-Identifier: Apache-2.0
// The last rehearsal of the release that a run brings: what it predicted, what has changed since, and how it was.
#pragma once
#include "steps/support.hpp"

namespace dfi::steps {

/// Once a run.
void tell_rehearsal(Run& run, const migrations::Catalogue& catalogue, const std::vector<DataFilePlan>& files);
void compare_with_rehearsal(Run& run);

}  // namespace dfi::steps
