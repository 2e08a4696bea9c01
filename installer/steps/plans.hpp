// SPDX-License-Identifier: Apache-2.0
// All plans: the table of contents of dfinstall. plans.cpp reads like the manual.
#pragma once
#include "core/journal.hpp"
#include "core/step.hpp"

namespace dfi {

extern const Plan update_plan;
extern const Plan rollback_plan;        // of a done update
extern const Plan first_rollback_plan;  // of a done first installation
extern const Plan commit_plan;
extern const Plan ptf_apply_plan;
extern const Plan ptf_remove_plan;
extern const Plan backup_plan;
extern const Plan drill_plan;
extern const Plan restore_plan;
extern const Plan uninstall_plan;
extern const Plan rehearse_plan;
extern const Plan refeed_plan;

/// The plan of a journalled run. Unknown verbs are a bug.
const Plan& plan_of(const RunRow& run);

}  // namespace dfi
