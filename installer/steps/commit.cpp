// SPDX-License-Identifier: Apache-2.0
// commit: ends the promise to go back. Originals, staging and generations beyond the configured number are removed; the
// active generation and saved objects never are.
#include <algorithm>

#include "base/durable.hpp"
#include "messages/backup.hpp"
#include "steps/rehearsal_support.hpp"
#include "steps/rejects_support.hpp"
#include "steps/retention_support.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::commit {
namespace {

void prune_generations(Run& run) {
  const auto& layout = run.layout();
  const auto keep = static_cast<std::size_t>(std::max(1, HostConfig::load(layout.root()).keep_generations));
  const auto active = fs::read_symlink(layout.current()).filename();
  std::vector<std::pair<fs::file_time_type, fs::path>> others;
  for (const auto& entry : fs::directory_iterator(layout.releases())) {
    const auto file = entry.path() / generation_file;
    if (entry.path().filename() != active && fs::exists(file))
      others.emplace_back(fs::last_write_time(file), entry.path());
  }
  std::sort(others.rbegin(), others.rend());
  for (std::size_t i = keep - 1; i < others.size(); ++i) durable::remove_tree(others[i].second);
}

// Those of earlier updates: what somebody saved by hand is his.
void prune_backups(Run& run) {
  const auto keep = static_cast<std::size_t>(std::max(1, HostConfig::load(run.layout().root()).keep_backups));
  for (const auto& set : dispensable_backups(run.layout(), run.journal(), keep)) {
    const auto maker = run.journal().run(std::atoi(set.id.substr(set.id.find('-') + 1).c_str()));
    if (!maker || maker->verb != "update") continue;
    remove_backup(set);
    run.say(msg::backup_pruned, {{"id", set.id}});
  }
}

}  // namespace

void apply(Run& run) {
  const auto& layout = run.layout();
  compare_with_rehearsal(run);
  keep_rejects(run);
  for (const auto& path : worked_on(run)) remove_run_directory(path, run);
  durable::remove_tree(layout.product_staging(run.id()));
  // The formats of this release stay for status and check.
  if (const auto definitions = layout.staging(run.id()) / "definitions"; fs::exists(definitions)) {
    durable::remove_tree(layout.definitions());
    durable::rename(definitions, layout.definitions());
  }
  durable::remove_tree(layout.staging(run.id()));
  prune_generations(run);
  prune_backups(run);
}

}  // namespace dfi::steps::commit
