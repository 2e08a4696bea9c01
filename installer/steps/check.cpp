// SPDX-License-Identifier: Apache-2.0
// check: every precondition, before anything is closed; again at each resume, since a pause can change everything.
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::check {

void apply(Run& run) {
  const auto& layout = run.layout();
  auto target = target_manifest(run);
  auto installed = Generation::current(layout);
  Findings findings = checks::version_path(installed, target);
  auto add = [&](const Findings& more) { findings.insert(findings.end(), more.begin(), more.end()); };
  // First the holders: a data file that somebody has locked cannot even be looked into.
  if (!blocks(findings)) add(checks::active(layout, installed ? installed->spec() : *target.spec, run.services()));
  if (!blocks(findings)) {
    auto catalogue = catalogue_of(run);
    auto files = plan_data_files(layout, target, catalogue);
    add(checks::space(checks::space_needs(layout, nullptr, files)));
    add(checks::dependents(files));
    if (installed) add(checks::foreign_objects(layout, *installed));
  }
  for (const auto& finding : findings) {
    if (finding.severity == Severity::warning) run.warn(finding.message.id, finding.message.args);
    if (finding.severity == Severity::note) run.say(finding.message.id, finding.message.args);
  }
  throw_first_blocker(findings);
}

}  // namespace dfi::steps::check
