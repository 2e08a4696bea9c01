// SPDX-License-Identifier: Apache-2.0
// Opening SQLite files the one right way: no loadable extensions, a busy time-out, errors that name the file.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>

namespace dfi {

enum class Access { read_only, read_write, create };

/// Opens; throws Error database_failed. journal_mode and synchronous are the caller's (a data file keeps its own).
SQLite::Database open_database(const std::filesystem::path& path, Access access, int busy_ms = 5000);

/// Runs `work` and turns SQLite's exceptions into Error database_failed naming `path`.
template <class Work>
auto with_database(const std::filesystem::path& path, Work work) -> decltype(work());
[[noreturn]] void throw_database_failed(const std::filesystem::path& path, const char* reason);

template <class Work>
auto with_database(const std::filesystem::path& path, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const SQLite::Exception& e) {
    throw_database_failed(path, e.what());
  }
}

/// A complete copy of a (possibly live) SQLite file by SQLite's backup interface, synced. `to` must not exist.
void copy_database(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace dfi
