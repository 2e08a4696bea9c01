// SPDX-License-Identifier: Apache-2.0
// The conversion engine as the installer sees it: formats (every level a data file ever had) and conversions (steps
// between two levels), both data in a directory; nothing product-specific is compiled in.
// Format of the definitions: migrations/README.md. Semantics: a conversion reads the data file, writes a shadow beside
// it, verifies the shadow; it never changes the data file itself.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dfi::migrations {

namespace fs = std::filesystem;

enum class Kind { sqlite, config, area };

/// One data file as a release names it.
struct DataFile {
  std::string name;  // "FAXSTAT"
  Kind kind;
  fs::path path;  // absolute
};

struct Step {
  std::string conversion;  // "CVTSTAT2"
  int from, to;
};

/// A thing a user put on a data file: view, index, trigger (in IBM words: a logical file).
struct Dependent {
  std::string file, type, name, sql;
};

/// All definitions below one directory: *.toml in folders named formats are formats, all others conversions.
class Catalogue {
 public:
  /// Reads all and proves each conversion on an empty file. Throws Error definition_malformed (file, line, reason).
  static Catalogue load(const fs::path& directory);
  Catalogue(Catalogue&&) noexcept;
  Catalogue& operator=(Catalogue&&) noexcept;
  ~Catalogue();

  /// The level of a data file as it is on disk, by its own content. Never guesses: throws level_unknown, or
  /// level_newer if it says more than the newest format. Leaves no trace (no -wal, no -shm).
  int level_of(const DataFile& file) const;
  /// Conversions from one level to a later one, fewest steps first; empty if equal. Throws no_path, or level_newer if
  /// `to` < `from`.
  std::vector<Step> path(const DataFile& file, int from, int to) const;
  /// Views, indexes, triggers that are not in the shipped schema of that level (SQLite files only).
  std::vector<Dependent> dependents(const DataFile& file, int level) const;

  /// First installation: writes an empty data file of this level (durably). An existing file is an error.
  void create(const DataFile& file, int level) const;

  struct Result {
    std::vector<Step> steps;
    std::vector<std::string> recreated;  // dependents put back and proven
    std::uintmax_t rows_before = 0, rows_after = 0;
  };
  /// Converts `file` along `steps` into `shadow` (complete and synced on return, a left-over of an earlier try is
  /// thrown away first). The data file stays as it is byte for byte (a hot journal is rolled back, a WAL checkpointed
  /// first). User-made dependents are saved to `<shadow>.dependents.sql`, removed in the shadow, re-created and proven
  /// after it. Owner, mode and extended attributes are those of `file`. Throws Error: conversion_failed (conversion,
  /// file, reason), verify_failed (conversion, file, check, row), dependent_failed, data_file_busy (locked by another
  /// process).
  Result convert(const DataFile& file, const std::vector<Step>& steps, const fs::path& shadow) const;

 private:
  struct Data;
  explicit Catalogue(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

}  // namespace dfi::migrations
