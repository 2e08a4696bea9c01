// SPDX-License-Identifier: Apache-2.0
// Backups on their way back to disk: into shadows (restore) or into a scratch directory (drill).
#pragma once
#include <functional>

#include "base/archive.hpp"
#include "core/backup_set.hpp"

namespace dfi {

/// One entry with its owner, mode, times and extended attributes; missing parents are created. An existing file or link
/// is replaced. Not synced: the caller does that once for all.
void unpack_entry(TarReader& reader, const ArchiveEntry& entry, const fs::path& target);
/// What unpack_entry sets beside the bytes.
void set_attributes(const fs::path& path, const ArchiveEntry& entry);

/// Where an entry goes; empty: it is left out.
using Place = std::function<fs::path(const ArchiveEntry& entry)>;
/// All entries of an archive, attributes of directories last: writing into one changes its times. Throws Error
/// backup_damaged (exit 22), in the worst case when everything has been unpacked: `place` names scratch, shadows, or
/// what a way back removes.
void unpack_archive(const BackupSet& set, const BackupArchive& archive, const Place& place);

struct Drill {
  double seconds = 0;        // of the whole restore
  std::uintmax_t bytes = 0;  // of the backup's files
  std::string refused;       // what the saved release's own check said; empty: it was content, or there is none
};
/// The proof of a backup (update without it goes nowhere): its archives are the bytes that were written, restored below
/// `scratch` (its own, empty; left there), every file read back and compared, then the saved release's own self-test
/// looks at the restored data files. Throws Error backup_damaged (exit 22), and what a full disk throws.
Drill drill_backup(const BackupSet& set, const fs::path& scratch, const BackupProgress& progress);

}  // namespace dfi
