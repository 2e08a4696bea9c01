// SPDX-License-Identifier: Apache-2.0
// What the users wrote since the product was opened to them: why there is no rollback any more.
#pragma once
#include "steps/support.hpp"

namespace dfi::steps {

/// Rows and identity of every data file, right before the users come back; null where they cannot be had.
void note_at_open(Run& run);
/// Says for each data file what has changed since; the same for machines. Empty if the run noted nothing.
/// Never throws: it only explains.
Json tell_written_since(Run& run);

}  // namespace dfi::steps
