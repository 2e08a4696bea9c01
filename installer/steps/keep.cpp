// SPDX-License-Identifier: Apache-2.0
// keep: the last step of an update. Its own staging goes, the formats of the new release come into their place; what
// it replaced stays for `rollback`, and that of the update before it goes.
#include "base/durable.hpp"
#include "steps/kept_support.hpp"
#include "steps/rehearsal_support.hpp"
#include "steps/rejects_support.hpp"
#include "steps/retention_support.hpp"
#include "steps/steps.hpp"

namespace dfi::steps::keep {
namespace {

// Of a run's directory beside a data file only the original stays.
void keep_originals_only(const fs::path& data_file, const Run& run) {
  const auto directory = Layout::shadow(data_file, run.id()).parent_path();
  std::error_code none;
  std::vector<fs::path> others;
  for (const auto& entry : fs::directory_iterator(directory, none))
    if (entry.path().extension() != ".original") others.push_back(entry.path());
  for (const auto& path : others) durable::remove_tree(path);
  if (fs::is_empty(directory, none)) remove_run_directory(data_file, run);
}

// Those of the old release wait for it.
void exchange_definitions(const Run& run) {
  const auto& layout = run.layout();
  const auto staged = layout.staging(run.id()) / "definitions", old = layout.kept(run.id()) / "definitions";
  if (!fs::exists(staged)) return;
  if (fs::exists(layout.definitions())) {
    durable::make_directories(old.parent_path(), 0700);
    durable::rename(layout.definitions(), old);
  }
  durable::rename(staged, layout.definitions());
}

// What closing and starting the product took, for the predictions of the next update.
void note_restart(Run& run) {
  const auto down = run.seconds("gate", "backup"), up = run.seconds("start", "open");
  if (down && up) run.note("restart", {{"seconds", *down + *up}});
}

}  // namespace

void apply(Run& run) {
  const auto& layout = run.layout();
  note_restart(run);
  compare_with_rehearsal(run);
  keep_rejects(run);
  end_kept_update(run);
  note_kept(run);
  const bool kept = run.note("kept").has_value();
  for (const auto& path : worked_on(run)) {
    if (kept)
      keep_originals_only(path, run);
    else
      remove_run_directory(path, run);
  }
  durable::remove_tree(layout.product_staging(run.id()));
  exchange_definitions(run);
  if (!kept) durable::remove_tree(layout.kept(run.id()));
  durable::remove_tree(layout.staging(run.id()));
  prune_generations(run);
  prune_backups(run);
}

}  // namespace dfi::steps::keep
