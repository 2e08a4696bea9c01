// SPDX-License-Identifier: Apache-2.0
// What a finished conversion leaves in journal and job log.
#pragma once
#include "steps/support.hpp"

namespace dfi::steps {

/// Notes the figures for the document of the run and for the predictions of `plan` and `rehearse`, and says them.
void tell_result(Run& run, const DataFilePlan& plan, const migrations::Catalogue::Result& result, double seconds);

}  // namespace dfi::steps
