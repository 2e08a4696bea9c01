// SPDX-License-Identifier: Apache-2.0
// A database of an older level that takes rows of the newer one, each by itself. Internal to the engine.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations {

using Names = std::vector<std::string>;

/// A table of the newer file, and what of it the older one gets.
struct CarriedTable {
  std::string name;
  Names columns, key;
  std::string requeue;     // empty: its rows stay here
  Names follow;            // columns of changed rows that the older file gets; it loses deleted ones
  bool comparable = true;  // it was there with these columns

  // A row of it is selected as one value of the caller's, the key, the columns.
  static constexpr int key_at = 1;
  int values_at() const { return key_at + static_cast<int>(key.size()); }
};

/// Binds the value as it is stored.
void bind_value(SQLite::Statement& statement, int at, const SQLite::Column& value);

class OlderFile {
 public:
  /// Opened when the first row comes: opening already writes to it.
  explicit OlderFile(fs::path path) : path_(std::move(path)) {}
  /// Puts the row in by the columns both tables have. Empty, or why the file does not take it.
  std::string take(const CarriedTable& table, SQLite::Statement& row);
  /// Gives the row with this key the columns the table follows by.
  std::string follow(const CarriedTable& table, SQLite::Statement& row);
  /// Removes the row with this key; one that is not there is none to remove.
  std::string remove(const CarriedTable& table, SQLite::Statement& row);
  /// From here on can be undone, any number of times.
  void mark();
  void undo();
  /// No row of this table gets a number again that the newer file has given.
  void keep_number(const std::string& table, std::int64_t highest);
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
