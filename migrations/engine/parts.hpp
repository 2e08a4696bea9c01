// SPDX-License-Identifier: Apache-2.0
// A route as the parts that the kinds do, one after the other, each reading what the one before made; goes on at the
// part, and inside it, where an earlier try came to. Internal to the engine.
#pragma once
#include <string>
#include <vector>

#include "migrations/engine/kinds.hpp"

namespace dfi::migrations {

struct Part {
  Edges edges;
};
/// Appends one pass: SQLite passes behind each other are one part (the users' work is taken off once and put back
/// once), so are those of configurations and areas.
void add_to_parts(std::vector<Part>& parts, Edges edges);

Catalogue::Result convert_parts(const DataFile& file, const std::vector<Part>& parts, const fs::path& shadow,
                                const std::string& digest, const Policy& policy, Supervisor& supervisor);

/// What the route needs; `format` is that of the file as it is.
Estimate estimate_route(const DataFile& file, const Format& format, const std::vector<Part>& parts);

}  // namespace dfi::migrations
