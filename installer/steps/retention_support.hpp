// SPDX-License-Identifier: Apache-2.0
// Which backups stay.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "core/backup_set.hpp"
#include "core/journal.hpp"
#include "core/run.hpp"

namespace dfi::steps {

/// Those that may go, oldest first, when the newest `keep` stay. Never among them: the newest one, the newest one that
/// was restored on trial, those of an unfinished run and of an update that can be taken back.
std::vector<BackupSet> dispensable_backups(const Layout& layout, const Journal& journal, std::size_t keep);
/// First it stops counting as a backup, then it goes: killed in between, prune finds the rest.
void remove_backup(const BackupSet& set);
/// Those of earlier updates beyond keep_backups; what somebody saved by hand is his.
void prune_backups(Run& run);
/// Directories of backups that were never completed, or not completely removed, and that no run works on.
std::vector<fs::path> unfinished_backups(const Layout& layout, const Journal& journal);

}  // namespace dfi::steps
