// SPDX-License-Identifier: Apache-2.0
// From level to level: the way through the graph of conversions. Internal to the engine.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "migrations/engine/definition.hpp"

namespace dfi::migrations {

/// Throws Error definition_malformed if two of one release (the folder they stand in) lead a file from the same level
/// to the same level: which of them counts could only be guessed.
void refuse_twins(const std::map<std::string, Conversion>& conversions);

/// `conversions`: of one file. Nothing if there is no way. The order is fewest passes, fewest steps, lowest names; of
/// those between the same levels that of the latest release counts: it corrects the others.
std::optional<Route> find_route(const std::vector<const Conversion*>& conversions, int from, int to, bool fuse);

}  // namespace dfi::migrations
