// SPDX-License-Identifier: Apache-2.0
#include "steps/plans.hpp"

#include "base/error.hpp"
#include "messages/rehearse.hpp"
#include "messages/rollback.hpp"
#include "messages/step.hpp"
#include "messages/uninstall.hpp"
#include "steps/steps.hpp"

namespace dfi {
namespace {

using namespace steps;
using Kind = StepKind;

constexpr Step update_steps[] = {
    // the product runs
    {"fetch", msg::step_fetch, Kind::prepare, fetch::apply, nullptr},
    {"verify", msg::step_verify, Kind::probe, verify::apply, nullptr},
    {"unpack", msg::step_unpack, Kind::prepare, unpack::apply, unpack::revert},
    {"check", msg::step_check, Kind::probe, check::apply, nullptr},
    // the product is down, the old state is untouched
    {"gate", msg::step_gate, Kind::change, gate::apply, gate::revert},
    {"quiesce", msg::step_quiesce, Kind::change, quiesce::apply, quiesce::revert},
    {"backup", msg::step_backup, Kind::change, backup::apply, backup::revert},
    {"drill", msg::step_drill, Kind::change, drill::apply, drill::revert},
    {"convert", msg::step_convert, Kind::change, convert::apply, convert::revert, OnFailure::suspend},
    {"stage", msg::step_stage, Kind::change, stage::apply, stage::revert},
    {"recheck", msg::step_recheck, Kind::probe, convert::recheck_all, nullptr},
    // new generation and new data files at once
    {"activate", msg::step_activate, Kind::pivot, activate::apply, activate::revert},
    {"configure", msg::step_configure, Kind::after, configure::apply, configure::revert},
    {"start", msg::step_start, Kind::after, start::apply, start::revert},
    {"selftest", msg::step_selftest, Kind::after, selftest::apply, nullptr},
    // the users come back
    {"open", msg::step_open, Kind::open, open::apply, nullptr},
    // the way back stays open until `commit`, or until the next update comes to this step
    {"keep", msg::step_keep, Kind::open, keep::apply, nullptr},
};

// A done update is taken back: what it replaced comes in again, by the same pivot.
constexpr Step rollback_steps[] = {
    {"look", msg::step_take_back_look, Kind::probe, take_back::look, nullptr},
    {"compare", msg::step_take_back_compare, Kind::prepare, take_back::compare, take_back::forget},
    {"gate", msg::step_gate, Kind::change, gate::apply, gate::revert},
    {"quiesce", msg::step_quiesce, Kind::change, quiesce::apply, quiesce::revert},
    {"stage", msg::step_take_back_stage, Kind::change, take_back::stage, take_back::discard},
    {"recheck", msg::step_recheck, Kind::probe, take_back::recheck, nullptr},
    {"activate", msg::step_activate, Kind::pivot, activate::apply, activate::revert},
    {"configure", msg::step_configure, Kind::after, configure::apply, configure::revert},
    {"start", msg::step_start, Kind::after, start::apply, start::revert},
    {"selftest", msg::step_selftest, Kind::after, selftest::apply, nullptr},
    {"open", msg::step_open, Kind::open, open::apply, nullptr},
    {"commit", msg::step_commit, Kind::open, take_back::commit, nullptr},
};

// A done first installation is taken back: the old data files come in again, and no product does.
constexpr Step first_rollback_steps[] = {
    {"look", msg::step_take_back_look, Kind::probe, take_back::look, nullptr},
    {"compare", msg::step_take_back_compare, Kind::prepare, take_back::compare, take_back::forget},
    {"gate", msg::step_gate, Kind::change, gate::apply, gate::revert},
    {"quiesce", msg::step_quiesce, Kind::change, quiesce::apply, quiesce::revert},
    {"stage", msg::step_take_back_stage, Kind::change, take_back::stage, take_back::discard},
    {"recheck", msg::step_recheck, Kind::probe, take_back::recheck, nullptr},
    {"retire", msg::step_take_back_retire, Kind::pivot, take_back::retire, activate::revert},
    {"remove", msg::step_remove, Kind::open, take_back::remove, nullptr},
};

// Only forward: what is removed cannot be brought back.
constexpr Step commit_steps[] = {
    {"commit", msg::step_end_update, Kind::open, commit::end_update, nullptr},
};

constexpr Step ptf_apply_steps[] = {
    {"locate", msg::step_ptf_locate, Kind::prepare, ptf_locate::apply, nullptr},
    {"check", msg::step_ptf_check, Kind::probe, ptf_check::apply, nullptr},
    {"save", msg::step_ptf_save, Kind::prepare, ptf_save::apply, ptf_save::revert},
    {"stage", msg::step_stage, Kind::prepare, ptf_stage::apply, ptf_stage::revert},
    {"quiesce", msg::step_ptf_quiesce, Kind::change, ptf_quiesce::apply, ptf_quiesce::revert},
    {"activate", msg::step_activate, Kind::pivot, activate::apply, activate::revert},
    {"start", msg::step_start, Kind::after, start::apply, start::revert},
    {"selftest", msg::step_selftest, Kind::after, selftest::apply, nullptr},
    {"open", msg::step_open, Kind::open, open::apply, nullptr},
    {"commit", msg::step_commit, Kind::open, commit::apply, nullptr},
};

constexpr Step ptf_remove_steps[] = {
    {"check", msg::step_ptf_check, Kind::probe, ptf_remove_check::apply, nullptr},
    {"stage", msg::step_stage, Kind::prepare, ptf_remove_stage::apply, ptf_stage::revert},
    {"quiesce", msg::step_ptf_quiesce, Kind::change, ptf_quiesce::apply, ptf_quiesce::revert},
    {"activate", msg::step_activate, Kind::pivot, activate::apply, activate::revert},
    {"start", msg::step_start, Kind::after, start::apply, start::revert},
    {"selftest", msg::step_selftest, Kind::after, selftest::apply, nullptr},
    {"open", msg::step_open, Kind::open, open::apply, nullptr},
    {"commit", msg::step_commit, Kind::open, commit::apply, nullptr},
};

// The product may run: SQLite files are copied by SQLite's own backup interface.
constexpr Step backup_steps[] = {
    {"backup", msg::step_backup, Kind::prepare, backup::apply, backup::revert},
};

// Proves a backup without touching anything else.
constexpr Step drill_steps[] = {
    {"drill", msg::step_drill, Kind::prepare, drill::apply, drill::revert},
};

constexpr Step restore_steps[] = {
    {"locate", msg::step_restore_locate, Kind::probe, restore_locate::apply, nullptr},
    {"gate", msg::step_gate, Kind::change, gate::apply, gate::revert},
    {"quiesce", msg::step_quiesce, Kind::change, quiesce::apply, quiesce::revert},
    {"unpack", msg::step_restore_unpack, Kind::change, restore_unpack::apply, restore_unpack::revert},
    {"activate", msg::step_activate, Kind::pivot, activate::apply, activate::revert},
    {"start", msg::step_start, Kind::after, start::apply, start::revert},
    {"selftest", msg::step_selftest, Kind::after, selftest::apply, nullptr},
    {"open", msg::step_open, Kind::open, open::apply, nullptr},
    {"commit", msg::step_commit, Kind::open, commit::apply, nullptr},
};

// A backup first: --purge removes the only copy of the data.
constexpr Step uninstall_steps[] = {
    {"check", msg::step_uninstall_check, Kind::probe, uninstall::check, nullptr},
    {"gate", msg::step_gate, Kind::change, gate::apply, gate::revert},
    {"quiesce", msg::step_quiesce, Kind::change, quiesce::apply, quiesce::revert},
    {"backup", msg::step_backup, Kind::change, backup::apply, backup::revert},
    {"drill", msg::step_drill, Kind::change, drill::apply, drill::revert},
    {"rescue", msg::step_rescue, Kind::change, uninstall::rescue, nullptr},
    {"retire", msg::step_retire, Kind::pivot, uninstall::retire, uninstall::unretire},
    {"remove", msg::step_remove, Kind::open, uninstall::remove, nullptr},
};

// The product works on; nothing but dfinstall's own files is touched.
constexpr Step rehearse_steps[] = {
    {"fetch", msg::step_fetch, Kind::prepare, fetch::apply, nullptr},
    {"verify", msg::step_verify, Kind::probe, verify::apply, nullptr},
    {"unpack", msg::step_unpack_definitions, Kind::prepare, rehearse::unpack, unpack::revert},
    {"check", msg::step_check, Kind::probe, rehearse::check, nullptr},
    {"rehearse", msg::step_rehearse, Kind::prepare, rehearse::apply, rehearse::revert},
    {"tidy", msg::step_rehearse_end, Kind::prepare, rehearse::tidy, nullptr},
};

// Repaired rejected records go back into their data file.
constexpr Step refeed_steps[] = {
    {"check", msg::step_refeed_check, Kind::probe, refeed::check, nullptr},
    {"try", msg::step_refeed_try, Kind::prepare, refeed::attempt, refeed::forget},
    {"gate", msg::step_gate, Kind::change, gate::apply, gate::revert},
    {"quiesce", msg::step_quiesce, Kind::change, quiesce::apply, quiesce::revert},
    {"backup", msg::step_backup, Kind::change, backup::apply, backup::revert},
    {"feed", msg::step_refeed, Kind::change, refeed::apply, refeed::revert},
    {"recheck", msg::step_recheck, Kind::probe, refeed::recheck, nullptr},
    {"activate", msg::step_activate, Kind::pivot, activate::apply, activate::revert},
    {"start", msg::step_start, Kind::after, start::apply, start::revert},
    {"selftest", msg::step_selftest, Kind::after, selftest::apply, nullptr},
    {"open", msg::step_open, Kind::open, open::apply, nullptr},
    {"commit", msg::step_commit, Kind::open, refeed::commit, nullptr},
};

static_assert(well_formed(rollback_steps) && well_formed(first_rollback_steps) && well_formed(commit_steps) &&
              well_formed(rehearse_steps) && well_formed(refeed_steps) && well_formed(update_steps) &&
              well_formed(ptf_apply_steps) && well_formed(ptf_remove_steps) && well_formed(backup_steps) &&
              well_formed(uninstall_steps) && well_formed(drill_steps) && well_formed(restore_steps));

}  // namespace

const Plan update_plan = make_plan("update", update_steps);
const Plan rollback_plan = make_plan("rollback", rollback_steps);
const Plan first_rollback_plan = make_plan("rollback", first_rollback_steps);
const Plan commit_plan = make_plan("commit", commit_steps);
const Plan ptf_apply_plan = make_plan("ptf apply", ptf_apply_steps);
const Plan ptf_remove_plan = make_plan("ptf remove", ptf_remove_steps);
const Plan backup_plan = make_plan("backup create", backup_steps);
const Plan drill_plan = make_plan("backup drill", drill_steps);
const Plan restore_plan = make_plan("backup restore", restore_steps);
const Plan uninstall_plan = make_plan("uninstall", uninstall_steps);
const Plan rehearse_plan = make_plan("rehearse", rehearse_steps);
const Plan refeed_plan = make_plan("convert", refeed_steps);

const Plan& plan_of(const RunRow& run) {
  // One verb for its user; what it means was decided when it began.
  if (run.verb == rollback_plan.verb && run.inputs.value("first", false)) return first_rollback_plan;
  for (const Plan* plan : {&update_plan, &rollback_plan, &commit_plan, &ptf_apply_plan, &ptf_remove_plan, &backup_plan,
                           &drill_plan, &restore_plan, &uninstall_plan, &rehearse_plan, &refeed_plan})
    if (run.verb == plan->verb) return *plan;
  require(false, "every journalled verb has a plan");
  return update_plan;
}

}  // namespace dfi
