// SPDX-License-Identifier: Apache-2.0
// Rejected records and the saved statements of users' objects: kept when the run's directories beside the data go.
#pragma once
#include "steps/support.hpp"

namespace dfi::steps {

/// rejects/<run>/FILE.rejects with its .jsonl, rescued/<run>/FILE.dependents.sql. May be repeated.
void keep_rejects(Run& run);

}  // namespace dfi::steps
