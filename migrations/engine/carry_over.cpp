// SPDX-License-Identifier: Apache-2.0
// What was written to a database since it had a known content, and what of it an older level can take. Keys are
// compared as their table compares them, everything else byte by byte and by type.
#include <fmt/core.h>

#include <algorithm>

#include "migrations/engine/kinds.hpp"
#include "migrations/engine/requeue.hpp"
#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations::sqlite_kind {
namespace {

using Names = std::vector<std::string>;

struct Table {
  std::string name;
  Names columns, key;
  std::string requeue;     // empty: its rows stay here
  Names follow;            // columns of changed rows that the older file gets; it loses deleted ones
  bool comparable = true;  // it was there with these columns
};

std::string hex_of(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

// What is no text in JSON stands there as hex digits.
Json value_of(const SQLite::Column& column) {
  if (column.isNull()) return nullptr;
  if (column.isInteger()) return column.getInt64();
  if (column.isFloat()) return column.getDouble();
  auto bytes = column.getString();
  if (!column.isText()) return {{"hex", hex_of(bytes)}};
  Json text = bytes;
  try {
    std::ignore = text.dump();
  } catch (const Json::exception&) {
    return {{"text_hex", hex_of(bytes)}};
  }
  return text;
}

Json object_of(SQLite::Statement& row, const Names& names, int first) {
  Json object = Json::object();
  for (const auto& name : names) object[name] = value_of(row.getColumn(first++));
  return object;
}

Names columns_in(SQLite::Database& db, const std::string& schema, const std::string& table) {
  Names names;
  SQLite::Statement query(db, "SELECT name FROM pragma_table_info(?, ?)");
  query.bind(1, table);
  query.bind(2, schema);
  while (query.executeStep()) names.push_back(query.getColumn(0).getString());
  return names;
}

// A primary key whose columns may be null finds no row for sure; then the number of the row does.
Names key_of(SQLite::Database& db, const std::string& schema, const std::string& table) {
  Names key;
  bool sure = true;
  SQLite::Statement query(
      db, "SELECT name, \"notnull\", upper(type) FROM pragma_table_info(?, ?) WHERE pk > 0 ORDER BY pk");
  query.bind(1, table);
  query.bind(2, schema);
  std::string type;
  while (query.executeStep()) {
    key.push_back(query.getColumn(0).getString());
    sure = sure && query.getColumn(1).getInt() != 0;
    type = query.getColumn(2).getString();
  }
  if (key.size() == 1 && type == "INTEGER") sure = true;
  return key.empty() || !sure ? Names{"rowid"} : key;
}

Names tables_in(SQLite::Database& db, const std::string& schema, const std::string& type) {
  Names names;
  SQLite::Statement query(db,
                          "SELECT name FROM pragma_table_list WHERE schema = ? AND type = ? AND name NOT LIKE "
                          "'sqlite^_%' ESCAPE '^' ORDER BY name");
  query.bind(1, schema);
  query.bind(2, type);
  while (query.executeStep()) names.push_back(query.getColumn(0).getString());
  return names;
}

std::string listed(const Names& names, const std::string& of) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + of + "." + quote_name(name);
  return text;
}

std::string same_key(const Names& key) {
  std::string text;
  for (const auto& name : key)
    text += fmt::format("{}o.{} = n.{}", text.empty() ? "" : " AND ", quote_name(name), quote_name(name));
  return text;
}

std::string some_difference(const Names& columns) {
  std::string text;
  for (const auto& column : columns) {
    const auto name = quote_name(column);
    text += fmt::format("{}n.{} IS NOT o.{} COLLATE BINARY OR typeof(n.{}) <> typeof(o.{})", text.empty() ? "" : " OR ",
                        name, name, name, name);
  }
  return text;
}

class Comparison {
 public:
  Comparison(SQLite::Database& db, const Catalogue::RowListener& tell, const fs::path& older)
      : db_(db), tell_(tell), wants_(!older.empty()), older_(older) {}

  void created(const Table& table) {
    const bool asks = wants_ && !table.requeue.empty();
    auto sql = fmt::format("SELECT {}, {}, {} FROM main.{} n", asks ? table.requeue : "0", listed(table.key, "n"),
                           listed(table.columns, "n"), quote_name(table.name));
    if (table.comparable)
      sql += fmt::format(" WHERE NOT EXISTS(SELECT 1 FROM was.{} o WHERE {})", quote_name(table.name),
                         same_key(table.key));
    each(sql + order(table), [&](SQLite::Statement& row) {
      ++carried_.created;
      auto line = line_of(table, "new", row);
      if (asks && row.getColumn(0).getInt() != 0) requeue(table, row, line);
      tell_(line);
    });
  }

  void changed(const Table& table) {
    const auto sql =
        fmt::format("SELECT 0, {}, {}, {} FROM main.{} n JOIN was.{} o ON {} WHERE {}", listed(table.key, "n"),
                    listed(table.columns, "n"), listed(table.columns, "o"), quote_name(table.name),
                    quote_name(table.name), same_key(table.key), some_difference(table.columns));
    each(sql + order(table), [&](SQLite::Statement& row) {
      ++carried_.changed;
      auto line = line_of(table, "changed", row);
      line["before"] = object_of(row, table.columns, values_at(table) + static_cast<int>(table.columns.size()));
      if (wants_ && follows(table, row))
        told(line, older_.follow(table.name, table.key, 1, table.columns, table.follow, values_at(table), row));
      tell_(line);
    });
  }

  void deleted(const Table& table, bool all) {
    auto sql = fmt::format("SELECT 0, {}, {} FROM was.{} n", listed(table.key, "n"), listed(table.columns, "n"),
                           quote_name(table.name));
    if (!all)
      sql += fmt::format(" WHERE NOT EXISTS(SELECT 1 FROM main.{} o WHERE {})", quote_name(table.name),
                         same_key(table.key));
    each(sql + order(table), [&](SQLite::Statement& row) {
      ++carried_.deleted;
      auto line = line_of(table, "deleted", row);
      if (wants_ && !table.follow.empty()) told(line, older_.remove(table.name, table.key, 1, row));
      tell_(line);
    });
  }

  Catalogue::Carried finish(bool whole) {
    older_.finish();
    carried_.whole = whole;
    return carried_;
  }

 private:
  template <class Work>
  void each(const std::string& sql, Work work) {
    SQLite::Statement rows(db_, sql);
    while (rows.executeStep()) work(rows);
  }
  void requeue(const Table& table, SQLite::Statement& row, Json& line) {
    const auto reason = older_.take(table.name, table.columns, row, values_at(table));
    ++(reason.empty() ? carried_.requeued : carried_.refused);
    line["requeued"] = reason.empty();
    if (!reason.empty()) line["reason"] = reason;
  }
  void told(Json& line, const std::string& reason) {
    ++(reason.empty() ? carried_.followed : carried_.refused);
    line["followed"] = reason.empty();
    if (!reason.empty()) line["reason"] = reason;
  }
  // Only where one of those columns is another now.
  static bool follows(const Table& table, SQLite::Statement& row) {
    const int now = values_at(table), before = now + static_cast<int>(table.columns.size());
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      if (std::find(table.follow.begin(), table.follow.end(), table.columns[i]) != table.follow.end() &&
          value_of(row.getColumn(now + static_cast<int>(i))) != value_of(row.getColumn(before + static_cast<int>(i))))
        return true;
    return false;
  }
  static std::string order(const Table& table) { return " ORDER BY " + listed(table.key, "n"); }
  static int values_at(const Table& table) { return 1 + static_cast<int>(table.key.size()); }
  static Json line_of(const Table& table, const char* change, SQLite::Statement& row) {
    return {{"table", table.name},
            {"change", change},
            {"key", object_of(row, table.key, 1)},
            {"values", object_of(row, table.columns, values_at(table))}};
  }

  SQLite::Database& db_;
  const Catalogue::RowListener& tell_;
  bool wants_;
  Catalogue::Carried carried_;
  OlderFile older_;
};

// Those whose rows may go back come first, in the order of the format: parents before their children.
std::vector<Table> tables_of(SQLite::Database& db, const Format& format) {
  std::vector<Table> tables;
  auto names = tables_in(db, "main", "table");
  auto add = [&](const std::string& name, const CarryOver& carried) {
    Table table{name, columns_in(db, "main", name), key_of(db, "main", name), carried.requeue, carried.follow, true};
    table.comparable = table.columns == columns_in(db, "was", name) && table.key == key_of(db, "was", name);
    // Numbers of rows are not those of the older file.
    if (table.key == Names{"rowid"}) table.follow.clear();
    tables.push_back(std::move(table));
    names.erase(std::remove(names.begin(), names.end(), name), names.end());
  };
  for (const auto& carried : format.carry_over)
    if (std::find(names.begin(), names.end(), carried.table) != names.end()) add(carried.table, carried);
  const auto others = names;
  for (const auto& name : others) add(name, {});
  return tables;
}

}  // namespace

Catalogue::Carried carry_over(const DataFile& now, const Format& format, const fs::path& then, const fs::path& older,
                              const Catalogue::RowListener& tell) {
  return with_database(now.path, [&] {
    auto db = look_at(now.path);
    attach_complete(db, then, "was");
    // All of it from one moment, though the product may be writing.
    db.exec("BEGIN");
    Comparison comparison(db, tell, older);
    const auto tables = tables_of(db, format);
    for (const auto& table : tables) {
      comparison.created(table);
      if (table.comparable) comparison.changed(table);
      if (table.comparable) comparison.deleted(table, false);
    }
    for (const auto& name : tables_in(db, "was", "table")) {
      const auto found = std::find_if(tables.begin(), tables.end(), [&](const Table& t) { return t.name == name; });
      if (found == tables.end() || !found->comparable)
        comparison.deleted({name, columns_in(db, "was", name), key_of(db, "was", name), "", {}, false}, true);
    }
    return comparison.finish(!tables_in(db, "main", "virtual").empty());
  });
}

}  // namespace dfi::migrations::sqlite_kind
