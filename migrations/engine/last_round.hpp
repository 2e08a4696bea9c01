// SPDX-License-Identifier: Apache-2.0
// What a pass tells of the records that it refuses: those of its last round. A round that finds duplicates is done
// again without them, and then a table may take what it refused before, or the other way round. Internal to the engine.
#pragma once
#include "migrations/engine/record_run.hpp"

namespace dfi::migrations {

/// Runs the pass. Where it may begin again the Supervisor is told of refused records at the end, however it ended, in
/// the order of the file; else at once.
RecordPassResult run_telling(const RecordPass& pass, const Policy& policy, Supervisor& supervisor, Shadow& shadow);

}  // namespace dfi::migrations
