// SPDX-License-Identifier: Apache-2.0
// Repaired rejected records find their way into the data file they were missing in. Internal to the engine.
#pragma once
#include "migrations/engine/parts.hpp"

namespace dfi::migrations {

/// The rejects are converted like a data file of their own; what comes out is merged into a copy of `file`: record
/// files by key if both are in the order of it, else behind the last; databases table by table. A key that is there
/// already is Error refeed_failed, and nothing is fed. `parts` empty: the rejects have the file's own level.
Catalogue::Result refeed_file(const DataFile& file, const Format& target, const fs::path& rejects,
                              const std::vector<Part>& parts, const fs::path& shadow, const std::string& digest,
                              const Policy& policy, Supervisor& supervisor);

}  // namespace dfi::migrations
