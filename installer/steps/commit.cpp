// SPDX-License-Identifier: Apache-2.0
// commit: ends the promise to go back. Of a run other than an update: its originals and staging go with it, and
// generations beyond the configured number. As a verb: the old state of the last update goes.
#include "base/durable.hpp"
#include "steps/kept_support.hpp"
#include "steps/rejects_support.hpp"
#include "steps/retention_support.hpp"
#include "steps/steps.hpp"

namespace dfi::steps::commit {

void apply(Run& run) {
  const auto& layout = run.layout();
  keep_rejects(run);
  // What an update before it replaced leads back from a state that is no more.
  if (run.verb() == "backup restore") end_kept_update(run);
  for (const auto& path : worked_on(run)) remove_run_directory(path, run);
  durable::remove_tree(layout.product_staging(run.id()));
  durable::remove_tree(layout.staging(run.id()));
  prune_generations(run);
  prune_backups(run);
}

void end_update(Run& run) {
  end_kept_update(run);
  prune_generations(run);
  prune_backups(run);
}

}  // namespace dfi::steps::commit
