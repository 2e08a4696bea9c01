// SPDX-License-Identifier: Apache-2.0
// Repaired rejected records find their way into the data file they were missing in. Internal to the engine.
#pragma once
#include "migrations/engine/parts.hpp"

namespace dfi::migrations {

/// The rejects are converted like a data file of their own; what comes out is merged into a copy of `file`: record
/// files by key if both are in the order of it, else behind the last; databases table by table, where a number that no
/// rule of the load says is given anew by the table. Nothing is fed, and it is Error rejects_ragged if they end inside
/// a record, rejects_still_bad (each one was told to the Supervisor), rejects_there or refeed_failed if a key is there
/// already. `parts` empty: the rejects have the file's own level.
Catalogue::Result refeed_file(const DataFile& file, const Format& target, const fs::path& rejects,
                              const std::vector<Part>& parts, const fs::path& shadow, const std::string& digest,
                              const Policy& policy, Supervisor& supervisor);

}  // namespace dfi::migrations
