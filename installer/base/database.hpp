// SPDX-License-Identifier: Apache-2.0
// Opening SQLite files the one right way: no loadable extensions, a busy time-out, errors that name the file.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>

namespace dfi {

enum class Access { read_only, read_write, create };

/// SQLite could not make or enlarge a file: the disk is full, or may not be written to.
bool no_room(const SQLite::Exception& e);
/// Throws what is no_room() if the index of a write-ahead log has to be made and cannot. SQLite itself makes sure of
/// one byte of each of its pages only, and is killed by SIGBUS where that is one block of several and the disk is full
/// then.
void require_room_for_index(const std::filesystem::path& path);
/// To read a database with its write-ahead log where there is no room for what SQLite keeps beside it; not a byte is
/// written. While the connection lives nobody else can open the database; throws if somebody has it open (for whom
/// SQLite then has made that room: the usual way works). On a read-only file system nobody is kept out.
SQLite::Database open_alone(const std::filesystem::path& path);

/// Whether it is a SQLite file, by its first bytes.
bool is_database(const std::filesystem::path& path);

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
