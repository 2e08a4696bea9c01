// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/requeue.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>

#include "base/database.hpp"
#include "base/durable.hpp"

namespace dfi::migrations {

namespace {

// Reason, or empty. A disk that fails refuses no row.
template <class Work>
std::string refusal_of(Work work) {
  try {
    return work();
  } catch (const SQLite::Exception& e) {
    if (no_room(e) || (e.getErrorCode() & 0xff) == SQLITE_READONLY) throw;
    return e.what();
  }
}

std::string joined(const Names& names, const char* behind, const char* between) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : between) + quote_name(name) + behind;
  return text;
}

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<int> places_of_key(const CarriedTable& table) {
  std::vector<int> places;
  for (std::size_t i = 0; i < table.key.size(); ++i) places.push_back(CarriedTable::key_at + static_cast<int>(i));
  return places;
}

/// Those columns of the table that the older one has, too, and where their values are.
struct Shared {
  Names names;
  std::vector<int> places;
};

Shared shared_columns(SQLite::Database& older, const CarriedTable& table, const Names& wanted) {
  const auto its = columns_of_table(older, table.name);
  Shared shared;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (!contains(its, table.columns[i]) || !contains(wanted, table.columns[i])) continue;
    shared.names.push_back(table.columns[i]);
    shared.places.push_back(table.values_at() + static_cast<int>(i));
  }
  return shared;
}

}  // namespace

void bind_value(SQLite::Statement& statement, int at, const SQLite::Column& value) {
  if (value.isInteger())
    statement.bind(at, value.getInt64());
  else if (value.isFloat())
    statement.bind(at, value.getDouble());
  else if (value.isText())
    statement.bind(at, value.getString());
  else if (value.isBlob())
    statement.bind(at, value.getBlob(), value.getBytes());
  else
    statement.bind(at);
}

// Neither ON CONFLICT of the schema nor a user's trigger may drop or replace a row without a word.
std::string OlderFile::take(const CarriedTable& table, SQLite::Statement& row) {
  if (!db_) open();
  return refusal_of([&]() -> std::string {
    const auto shared = shared_columns(*db_, table, table.columns);
    if (shared.names.empty()) return "the older file has no such table";
    std::string marks;
    for (std::size_t i = 0; i < shared.names.size(); ++i) marks += i == 0 ? "?" : ", ?";
    const auto sql = fmt::format("INSERT OR ABORT INTO {}({}) VALUES({})", quote_name(table.name),
                                 joined(shared.names, "", ", "), marks);
    return run(sql, shared.places, row) == 1 ? "" : "the older file ignores the row";
  });
}

std::string OlderFile::follow(const CarriedTable& table, SQLite::Statement& row) {
  if (!db_) open();
  return refusal_of([&]() -> std::string {
    auto shared = shared_columns(*db_, table, table.follow);
    if (shared.names.empty()) return "the older file has no such column";
    for (const int place : places_of_key(table)) shared.places.push_back(place);
    const auto sql = fmt::format("UPDATE OR ABORT {} SET {} WHERE {}", quote_name(table.name),
                                 joined(shared.names, " = ?", ", "), joined(table.key, " = ?", " AND "));
    return run(sql, shared.places, row) == 1 ? "" : "the older file has no such row";
  });
}

std::string OlderFile::remove(const CarriedTable& table, SQLite::Statement& row) {
  if (!db_) open();
  return refusal_of([&]() -> std::string {
    run(fmt::format("DELETE FROM {} WHERE {}", quote_name(table.name), joined(table.key, " = ?", " AND ")),
        places_of_key(table), row);
    return "";
  });
}

void OlderFile::mark() {
  if (!db_) open();
  db_->exec("SAVEPOINT marked");
}

void OlderFile::undo() { db_->exec("ROLLBACK TO marked"); }

void OlderFile::keep_number(const std::string& table, std::int64_t highest) {
  if (!db_) open();
  for (const auto& object : read_schema(*db_))
    if (object.type == "table" && object.name == table) migrations::keep_number(*db_, object, highest);
}

void OlderFile::finish() {
  if (!db_) return;
  durable::announce("commit re-queued rows", path_);
  transaction_->commit();
  transaction_.reset();
  db_->exec("PRAGMA main.journal_mode = " + journal_mode_);
  db_.reset();
  discard_leftovers(path_);
  durable::sync_file(path_);
}

void OlderFile::open() {
  journal_mode_ = is_wal_file(path_) ? "wal" : "delete";
  db_ = std::make_unique<SQLite::Database>(open_shadow(path_));
  db_->exec("PRAGMA foreign_keys = ON");
  transaction_ = std::make_unique<SQLite::Transaction>(*db_);
}

int OlderFile::run(const std::string& sql, const std::vector<int>& places, SQLite::Statement& row) {
  SQLite::Statement statement(*db_, sql);
  int at = 1;
  for (const int place : places) bind_value(statement, at++, row.getColumn(place));
  return statement.exec();
}

}  // namespace dfi::migrations
