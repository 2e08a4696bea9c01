// SPDX-License-Identifier: Apache-2.0
// A database of an older level that takes new rows of the newer one, each by itself. Internal to the engine.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations {

class OlderFile {
 public:
  /// Opened when the first row comes: opening already writes to it.
  explicit OlderFile(fs::path path) : path_(std::move(path)) {}
  /// Puts the row in by the columns both tables have; its values begin at column `first` of `row`. Empty, or why the
  /// file does not take it.
  std::string take(const std::string& table, const std::vector<std::string>& columns, SQLite::Statement& row,
                   int first);
  /// Gives the row with this key these columns; `key_at` and `first`: where key and values begin in `row`.
  std::string follow(const std::string& table, const std::vector<std::string>& key, int key_at,
                     const std::vector<std::string>& columns, const std::vector<std::string>& wanted, int first,
                     SQLite::Statement& row);
  /// Removes the row with this key; one that is not there is none to remove.
  std::string remove(const std::string& table, const std::vector<std::string>& key, int key_at, SQLite::Statement& row);
  /// All of them at once, durable on return.
  void finish();

 private:
  void open();
  /// Runs with the columns of `row` at these places bound; the number of rows it changed.
  int run(const std::string& sql, const std::vector<int>& places, SQLite::Statement& row);

  fs::path path_;
  std::string journal_mode_;
  std::unique_ptr<SQLite::Database> db_;
  std::unique_ptr<SQLite::Transaction> transaction_;
};

}  // namespace dfi::migrations
