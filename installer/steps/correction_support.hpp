// SPDX-License-Identifier: Apache-2.0
// Corrected definitions for an unfinished run (`resume --with-ptf`): a save file of type definitions, signed by the
// vendor, laid over what the release brought. Files that are finished keep what they were converted with.
#pragma once
#include "steps/support.hpp"

namespace dfi::steps {

/// Verifies signature, product and version, that it replaces what the run has, and that no finished file is concerned;
/// then keeps the save file with the run. Throws correction_refused, correction_finished, correction_late (past the
/// pivot), correction_back, and what SaveFile::open throws; nothing is changed then.
void accept_correction(Run& run, const fs::path& file);
/// Lays what was accepted over the definitions of the run; may be repeated.
void lay_corrections_over(Run& run);

}  // namespace dfi::steps
