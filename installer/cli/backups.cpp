// SPDX-License-Identifier: Apache-2.0
// dfinstall backup list|verify|prune; those that are runs stand in run_verbs.cpp.
#include <fmt/core.h>

#include "base/durable.hpp"
#include "cli/context.hpp"
#include "cli/terminal_reporter.hpp"
#include "core/backup_set.hpp"
#include "core/runner.hpp"
#include "messages/backup.hpp"
#include "messages/cli.hpp"
#include "steps/retention_support.hpp"

namespace dfi::cli {

int list_backups(Context& context) {
  auto layout = context.layout();
  Json list = Json::array();
  for (const auto& set : BackupSet::list(layout)) {
    const auto drill = set.drill();
    context.line(fmt::format("{:<22} {:<24} {:6} {:>14}  {}", set.id,
                             set.data_only() ? context.say(msg::backup_of_data) : set.level, set.files(), set.bytes(),
                             drill.is_null() ? "" : context.say(msg::backup_drilled, {{"at", drill["at"]}})));
    list.push_back({{"id", set.id},
                    {"created", set.created},
                    {"level", set.level},
                    {"entries", set.files()},
                    {"bytes", set.bytes()},
                    {"drill", drill},
                    {"directory", set.directory.string()}});
  }
  if (list.empty()) context.line(msg::backups_none);
  context.result["backups"] = list;
  return 0;
}

int verify_backup(Context& context) {
  auto set = BackupSet::find(context.layout(), context.options.name);
  TerminalReporter reporter(context.options.language, context.options.json);
  set.verify([&](std::uint64_t done, std::uint64_t total) { reporter.progress(done, total); });
  context.line(msg::backup_verified, {{"id", set.id}});
  context.result["id"] = set.id;
  return 0;
}

int prune_backups(Context& context) {
  const auto layout = context.layout();
  const auto lock = RunLock::take(layout);
  const auto journal = Journal::open(layout.journal(), true);
  Json removed = Json::array();
  for (const auto& directory : steps::unfinished_backups(layout, *journal)) {
    durable::remove_tree(directory);
    context.line(msg::backup_remains, {{"path", directory.string()}});
  }
  for (const auto& set : steps::dispensable_backups(layout, *journal, static_cast<std::size_t>(context.options.keep))) {
    steps::remove_backup(set);
    context.line(msg::backup_pruned, {{"id", set.id}});
    removed.push_back(set.id);
  }
  Json kept = Json::array();
  for (const auto& set : BackupSet::list(layout)) kept.push_back(set.id);
  context.line(msg::backups_pruned, {{"count", std::to_string(removed.size())}, {"kept", std::to_string(kept.size())}});
  context.result["removed"] = removed;
  context.result["kept"] = kept;
  return 0;
}

}  // namespace dfi::cli
