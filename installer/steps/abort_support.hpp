// SPDX-License-Identifier: Apache-2.0
// The report on a conversion that aborted: for the operator on screen and in JSON, for the hotline as a file.
#pragma once
#include "steps/support.hpp"

namespace dfi::steps {

/// Writes aborts/<run>-<FILE>.txt in English and German and notes its facts as "abort". Never hides `error`: a report
/// that cannot be written is missing in the note.
void write_abort_report(Run& run, const std::vector<DataFilePlan>& work, const std::string& file, const Error& error);

}  // namespace dfi::steps
