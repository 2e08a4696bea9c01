// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <vector>

#include "base/database.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "tests/history/world.hpp"

namespace dfi::history {
namespace {

std::vector<std::string> first_column(SQLite::Database& db, const std::string& sql) {
  std::vector<std::string> result;
  SQLite::Statement query(db, sql);
  while (query.executeStep()) result.push_back(query.getColumn(0).getString());
  return result;
}

void add_rows_of(SQLite::Database& db, const std::string& table, std::string& text) {
  SQLite::Statement count(db, fmt::format("SELECT * FROM {}", table));
  std::string quoted;
  for (int i = 0; i < count.getColumnCount(); ++i)
    quoted += fmt::format("{}quote({})", i ? " || ' ' || " : "", count.getColumnName(i));
  for (const auto& row : first_column(db, fmt::format("SELECT {} FROM {} ORDER BY 1", quoted, table)))
    text += fmt::format("{}: {}\n", table, row);
}

}  // namespace

std::string content(const fs::path& path) {
  auto bytes = read_file(path);
  if (bytes.rfind("SQLite format 3", 0) != 0) return bytes;
  auto db = open_database(path, Access::read_only);
  auto text = fmt::format("level {}\n", first_column(db, "PRAGMA user_version").front());
  for (const auto& object : first_column(db, "SELECT type || ' ' || name FROM sqlite_master ORDER BY 1"))
    text += object + "\n";
  for (const auto& table : first_column(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"))
    add_rows_of(db, table, text);
  return text;
}

}  // namespace dfi::history
