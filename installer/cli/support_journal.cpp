// SPDX-License-Identifier: Apache-2.0
#include "base/database_image.hpp"
#include "cli/support_parts.hpp"

namespace dfi::cli {
namespace {

// Most columns hold JSON, the others plain words.
std::string cleaned(Redactor& redactor, const std::string& place, const std::string& text) {
  const auto json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return redactor.clean(place, text);
  return redactor.clean_json(place, json).dump();
}

std::vector<std::string> texts_of(SQLite::Database& db, const char* sql, const std::string& table) {
  std::vector<std::string> texts;
  SQLite::Statement query(db, sql);
  if (!table.empty()) query.bind(1, table);
  while (query.executeStep()) texts.push_back(query.getColumn(0).getString());
  return texts;
}

void clean_column(Redactor& redactor, const std::string& place, SQLite::Database& db, const std::string& table,
                  const std::string& column) {
  SQLite::Statement query(db, "SELECT rowid, \"" + column + "\" FROM \"" + table + "\" ORDER BY rowid");
  SQLite::Statement change(db, "UPDATE \"" + table + "\" SET \"" + column + "\"=? WHERE rowid=?");
  std::vector<std::pair<std::int64_t, std::string>> changes;
  while (query.executeStep()) {
    if (!query.getColumn(1).isText()) continue;
    const auto text = query.getColumn(1).getString();
    auto clean = cleaned(redactor, place, text);
    if (clean != text) changes.emplace_back(query.getColumn(0).getInt64(), std::move(clean));
  }
  for (const auto& [row, text] : changes) {
    change.bind(1, text);
    change.bind(2, row);
    change.exec();
    change.reset();
  }
}

}  // namespace

std::string redacted_journal(Redactor& redactor, const std::string& place, const fs::path& journal) {
  return with_database(journal, [&] {
    auto db = database_in_memory(journal);
    constexpr auto tables =
        "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%' ORDER BY name";
    for (const auto& table : texts_of(db, tables, ""))
      for (const auto& column : texts_of(db, "SELECT name FROM pragma_table_info(?) WHERE type='TEXT'", table))
        clean_column(redactor, place, db, table, column);
    return database_image(db);
  });
}

}  // namespace dfi::cli
