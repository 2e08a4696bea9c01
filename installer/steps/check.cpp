// SPDX-License-Identifier: Apache-2.0
// check: every precondition, before anything is closed; again at each resume, since a pause can change everything.
#include "steps/conversion_support.hpp"
#include "steps/correction_support.hpp"
#include "steps/deadline_support.hpp"
#include "steps/rehearsal_support.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::check {

void apply(Run& run) {
  const auto& layout = run.layout();
  end_programs(run);
  auto target = target_manifest(run);
  auto installed = Generation::current(layout);
  Findings findings = checks::version_path(installed, target);
  auto add = [&](const Findings& more) { findings.insert(findings.end(), more.begin(), more.end()); };
  // First the holders: a data file that somebody has locked cannot even be looked into.
  if (!blocks(findings)) add(checks::active(layout, installed ? installed->spec() : *target.spec, run.services()));
  if (!blocks(findings)) {
    lay_corrections_over(run);
    // After a pause: what is finished needs nothing more.
    const auto catalogue = catalogue_of(run);
    const auto files = unfinished(run, planned_files(run, catalogue));
    tell_rehearsal(run, catalogue, files);
    const auto saving = run.note("rate") ? checks::Saving::nothing : checks::Saving::backup_and_drill;
    add(checks::space(checks::space_needs(layout, nullptr, files, saving)));
    add(checks::dependents(files, choices_of(run)));
    tell_time(run, predict_downtime(layout, files));
    if (installed) add(checks::foreign_objects(layout, *installed));
  }
  for (const auto& finding : findings) {
    if (finding.severity == Severity::warning) run.warn(finding.message.id, finding.message.args);
    if (finding.severity == Severity::note) run.say(finding.message.id, finding.message.args);
  }
  throw_first_blocker(findings);
  keep_deadline(run);
}

}  // namespace dfi::steps::check
