// SPDX-License-Identifier: Apache-2.0
// Data files belong to the user the services run as.
#pragma once
#include "core/generation.hpp"
#include "core/run.hpp"

namespace dfi::steps {

/// Those that are still root's, and the data directory, are given to that user; its configuration it may only read.
/// Only where systemd runs the services. Whose they were is noted before.
void give_to_service_user(Run& run, const ProductSpec& spec);
/// What that run gave away and nobody has given to others since belongs to whom it belonged to again.
void give_back(const Run& run, int giver);

}  // namespace dfi::steps
