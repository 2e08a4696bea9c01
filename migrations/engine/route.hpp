// SPDX-License-Identifier: Apache-2.0
// From level to level: the way through the graph of conversions. Internal to the engine.
#pragma once
#include <vector>

#include "migrations/engine/definition.hpp"

namespace dfi::migrations {

/// `conversions`: of one file. Nothing if there is no way. The order is fewest passes, fewest steps, lowest names.
std::optional<Route> find_route(const std::vector<const Conversion*>& conversions, int from, int to, bool fuse);

}  // namespace dfi::migrations
