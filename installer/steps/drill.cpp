// SPDX-License-Identifier: Apache-2.0
// drill: the backup is restored on trial before the first change, so that nobody learns in an emergency that it cannot
// be. The time it takes is what a way back by backup costs on this host.
#include <fmt/core.h>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "core/backup_unpack.hpp"
#include "messages/backup.hpp"
#include "messages/step.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::drill {
namespace {

// A release whose self-test refuses what runs now, too, says nothing about the backup.
bool refuses_the_original(const Run& run) {
  const auto installed = Generation::usable(run.layout());
  return installed && self_test(*installed, run.layout()).status != 0;
}

void tell(Run& run, const BackupSet& set, const Drill& drill) {
  const bool passed = drill.refused.empty();
  if (!passed && !refuses_the_original(run))
    throw Error(msg::drill_refused, {{"id", set.id}, {"output", drill.refused}});
  if (!passed) run.warn(msg::drill_refused_before, {{"output", drill.refused}});
  run.note("rate drill", {{"bytes", drill.bytes}, {"seconds", drill.seconds}});
  const Json record{{"at", now_utc()},
                    {"seconds", drill.seconds},
                    {"bytes", drill.bytes},
                    {"selftest", set.data_only() ? Json(nullptr) : Json(passed)}};
  durable::write_file(set.directory / drill_file, record.dump(1) + "\n", 0600);
  run.say(passed && !set.data_only() ? msg::drill_passed : msg::drill_restored,
          {{"id", set.id}, {"seconds", fmt::format("{:.1f}", drill.seconds)}});
}

}  // namespace

void apply(Run& run) {
  const bool asked_for = run.verb() == "backup drill";
  if (!asked_for && run.note_text("backup").empty()) return;  // first installation without data: nothing there to lose
  const auto set = BackupSet::find(run.layout(), asked_for ? run.input("backup") : run.note_text("backup"));
  const auto scratch = run.layout().drill(run.id());
  throw_first_blocker(checks::space(checks::drill_space_needs(scratch, set.bytes())));
  durable::remove_tree(scratch);
  durable::make_directories(scratch, 0700);
  const auto drill = drill_backup(set, scratch, [&](std::uint64_t done, std::uint64_t total) {
    run.may_go_on();
    run.reporter().progress(done, total);
  });
  tell(run, set, drill);
  revert(run);
}

void revert(Run& run) { durable::remove_tree(run.layout().drill(run.id())); }

}  // namespace dfi::steps::drill
