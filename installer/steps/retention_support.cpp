// SPDX-License-Identifier: Apache-2.0
#include "steps/retention_support.hpp"

#include <algorithm>

#include "base/durable.hpp"
#include "messages/backup.hpp"
#include "steps/kept_support.hpp"

namespace dfi::steps {
namespace {

std::string backup_in_work(const Journal& journal) {
  const auto run = journal.unfinished();
  const auto noted = run ? journal.note(run->id, "backup") : std::nullopt;
  return noted ? noted->get<std::string>() : "";
}

}  // namespace

std::vector<BackupSet> dispensable_backups(const Layout& layout, const Journal& journal, std::size_t keep) {
  const auto sets = BackupSet::list(layout);
  std::set<std::string> kept{backup_in_work(journal)};
  if (const auto update = kept_update(journal)) kept.insert(update->backup);
  for (std::size_t i = 0; i < std::min(std::max<std::size_t>(keep, 1), sets.size()); ++i) kept.insert(sets[i].id);
  const auto proven = std::find_if(sets.begin(), sets.end(), [](const auto& set) { return !set.drill().is_null(); });
  if (proven != sets.end()) kept.insert(proven->id);
  std::vector<BackupSet> rest;
  for (auto set = sets.rbegin(); set != sets.rend(); ++set)
    if (kept.count(set->id) == 0) rest.push_back(*set);
  return rest;
}

void remove_backup(const BackupSet& set) {
  durable::remove(set.directory / "backup.json");
  durable::remove_tree(set.directory);
}

void prune_backups(Run& run) {
  const auto keep = static_cast<std::size_t>(std::max(1, HostConfig::load(run.layout().root()).keep_backups));
  for (const auto& set : dispensable_backups(run.layout(), run.journal(), keep)) {
    const auto maker = run.journal().run(std::atoi(set.id.substr(set.id.find('-') + 1).c_str()));
    if (!maker || maker->verb != "update") continue;
    remove_backup(set);
    run.say(msg::backup_pruned, {{"id", set.id}});
  }
}

std::vector<fs::path> unfinished_backups(const Layout& layout, const Journal& journal) {
  std::vector<fs::path> directories;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(layout.backups(), none))
    if (entry.is_directory() && !fs::exists(entry.path() / "backup.json") &&
        entry.path().filename() != backup_in_work(journal))
      directories.push_back(entry.path());
  return directories;
}

}  // namespace dfi::steps
