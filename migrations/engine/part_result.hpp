// SPDX-License-Identifier: Apache-2.0
// What one part of a route came to: kept in the checkpoints of those behind it, and added up. Internal to the engine.
#pragma once
#include "migrations/engine/engine.hpp"

namespace dfi::migrations {

Json to_json(const Catalogue::Result& result);
Catalogue::Result result_of(const Json& json);
/// `index` 0: the part that read the data file.
void add(Catalogue::Result& whole, Catalogue::Result part, std::size_t index);

}  // namespace dfi::migrations
