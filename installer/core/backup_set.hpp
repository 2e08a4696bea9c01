// SPDX-License-Identifier: Apache-2.0
// Backups (features 94–96, 104): two archives, product and data, tar + zstd, readable by `tar --zstd` without us, and
// backup.json with every entry's digest, written last. A backup without backup.json does not count.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/archive.hpp"
#include "core/generation.hpp"
#include "core/layout.hpp"

namespace dfi {

/// Stands in a backup's directory since it was restored on trial.
constexpr auto drill_file = "drill.json";

struct BackupEntry {
  ArchiveEntry entry;
  std::string sha256;  // of files
};

/// Is given an entry of an archive, and the reader that stands at its bytes.
using TakeEntry = std::function<void(TarReader& reader, const BackupEntry& saved)>;

struct BackupArchive {
  std::string name;    // "SAVDIRFAX"
  std::string sha256;  // of the archive itself
  std::vector<BackupEntry> entries;
};

struct BackupSet {
  std::string id;  // "20261123T041500-7"
  std::string created, product, level;
  std::int64_t number =
      0;  // in the order in which they were made, whatever the clock said; 0: made before there was one
  fs::path directory;
  BackupArchive product_archive, data_archive;

  /// Of data that a first installation took over: there was no product, so there is no archive of it, and no level.
  bool data_only() const { return product_archive.name.empty(); }
  std::vector<const BackupArchive*> archives() const;
  std::uintmax_t bytes() const;
  std::size_t files() const;
  fs::path archive_path(const BackupArchive& archive) const { return directory / (archive.name + ".SAVF"); }

  /// When it was restored on trial, and how long that took (drill.json, written by the step `drill`); null: never.
  Json drill() const;

  /// Throws Error backup_unknown.
  static BackupSet load(const fs::path& directory);
  /// Complete ones, newest first.
  static std::vector<BackupSet> list(const Layout& layout);
  /// `id` empty: the newest. Throws Error backup_unknown (exit 4).
  static BackupSet find(const Layout& layout, const std::string& id);

  /// Reads an archive once, gives each entry to `take`, and proves on the way that the archive is the one that was
  /// written, also in what no file shows: modes, owners, padding, end mark. Only entries of backup.json come to `take`,
  /// but the proof is complete when this returns, not before. Throws Error backup_damaged (exit 22).
  void read(const BackupArchive& archive, const TakeEntry& take) const;
  /// Reads both archives wholly and compares every entry with backup.json. Throws Error backup_damaged (exit 22).
  void verify(const std::function<void(std::uint64_t, std::uint64_t)>& progress) const;
};

using BackupProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Writes one archive of `directory` from the tree: the product (active generation, `current`, saved objects)…
BackupArchive save_product(const Layout& layout, const Generation& generation, const fs::path& directory,
                           const BackupProgress& progress);
/// …or the data of a product: data directory, configuration, further directories; without dfinstall's own. SQLite files
/// are taken consistently with one another: while they are copied no writer can commit. An entry which cannot be read,
/// or which no archive can hold, is an error, never left out.
BackupArchive save_data(const Layout& layout, const ProductSpec& spec, const fs::path& directory,
                        const BackupProgress& progress);

/// The second half: backup.json of archives that were read back and compared.
void complete_backup(const BackupSet& set);

Json to_json(const BackupArchive& archive);
BackupArchive backup_archive_from(const Json& json);

}  // namespace dfi
