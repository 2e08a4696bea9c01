// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/requeue.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/durable.hpp"

namespace dfi::migrations {

namespace {

// Reason, or empty.
template <class Work>
std::string refusal_of(Work work) {
  try {
    return work();
  } catch (const SQLite::Exception& e) {
    return e.what();
  }
}

std::string joined(const std::vector<std::string>& names, const char* behind, const char* between) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : between) + quote_name(name) + behind;
  return text;
}

std::vector<int> places_from(int first, std::size_t count) {
  std::vector<int> places;
  for (std::size_t i = 0; i < count; ++i) places.push_back(first + static_cast<int>(i));
  return places;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

// Neither ON CONFLICT of the schema nor a user's trigger may drop or replace a row without a word.
std::string OlderFile::take(const std::string& table, const std::vector<std::string>& columns, SQLite::Statement& row,
                            int first) {
  if (!db_) open();
  return refusal_of([&]() -> std::string {
    const auto its = columns_of_table(*db_, table);
    std::vector<std::string> shared;
    std::vector<int> places;
    std::string marks;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!contains(its, columns[i])) continue;
      shared.push_back(columns[i]);
      places.push_back(first + static_cast<int>(i));
      marks += marks.empty() ? "?" : ", ?";
    }
    if (shared.empty()) return "the older file has no such table";
    const auto sql =
        fmt::format("INSERT OR ABORT INTO {}({}) VALUES({})", quote_name(table), joined(shared, "", ", "), marks);
    return run(sql, places, row) == 1 ? "" : "the older file ignores the row";
  });
}

std::string OlderFile::follow(const std::string& table, const std::vector<std::string>& key, int key_at,
                              const std::vector<std::string>& columns, const std::vector<std::string>& wanted,
                              int first, SQLite::Statement& row) {
  if (!db_) open();
  return refusal_of([&]() -> std::string {
    const auto its = columns_of_table(*db_, table);
    std::vector<std::string> shared;
    std::vector<int> places;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!contains(its, columns[i]) || !contains(wanted, columns[i])) continue;
      shared.push_back(columns[i]);
      places.push_back(first + static_cast<int>(i));
    }
    if (shared.empty()) return "the older file has no such column";
    for (const int place : places_from(key_at, key.size())) places.push_back(place);
    const auto sql = fmt::format("UPDATE OR ABORT {} SET {} WHERE {}", quote_name(table), joined(shared, " = ?", ", "),
                                 joined(key, " = ?", " AND "));
    return run(sql, places, row) == 1 ? "" : "the older file has no such row";
  });
}

std::string OlderFile::remove(const std::string& table, const std::vector<std::string>& key, int key_at,
                              SQLite::Statement& row) {
  if (!db_) open();
  return refusal_of([&]() -> std::string {
    run(fmt::format("DELETE FROM {} WHERE {}", quote_name(table), joined(key, " = ?", " AND ")),
        places_from(key_at, key.size()), row);
    return "";
  });
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
  {
    auto looked = open_complete(path_);
    journal_mode_ = one_text(looked, "PRAGMA journal_mode");
  }
  db_ = std::make_unique<SQLite::Database>(open_shadow(path_));
  db_->exec("PRAGMA foreign_keys = ON");
  transaction_ = std::make_unique<SQLite::Transaction>(*db_);
}

int OlderFile::run(const std::string& sql, const std::vector<int>& places, SQLite::Statement& row) {
  SQLite::Statement statement(*db_, sql);
  int at = 1;
  for (const int place : places) {
    const auto value = row.getColumn(place);
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
    ++at;
  }
  return statement.exec();
}

}  // namespace dfi::migrations
