// SPDX-License-Identifier: Apache-2.0
// What was written to a database since it had a known content, and what of it an older level can take. Keys are
// compared as their table compares them, everything else byte by byte and by type.
#include <fmt/core.h>

#include <algorithm>

#include "migrations/engine/going_back.hpp"
#include "migrations/engine/kinds.hpp"

namespace dfi::migrations::sqlite_kind {
namespace {

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

std::string some_difference(const Names& columns) {
  std::string text;
  for (const auto& column : columns) {
    const auto name = quote_name(column);
    text += fmt::format("{}n.{} IS NOT o.{} COLLATE BINARY OR typeof(n.{}) <> typeof(o.{})", text.empty() ? "" : " OR ",
                        name, name, name, name);
  }
  return text;
}

// Selected first: what the caller wants to know. Then as CarriedTable says, from the table's row `n`.
std::string select(const std::string& first, const CarriedTable& table) {
  return fmt::format("SELECT {}, {}, {}", first, listed(table.key, "n"), listed(table.columns, "n"));
}

class Comparison {
 public:
  Comparison(SQLite::Database& db, const Catalogue::RowListener& tell, const fs::path& older)
      : db_(db), tell_(tell), wants_(!older.empty()), older_(older), going_back_(db, older_) {}

  void deleted(const CarriedTable& table, bool all) {
    auto sql = fmt::format("{} FROM was.{} n", select("0", table), quote_name(table.name));
    if (!all)
      sql += fmt::format(" WHERE NOT EXISTS(SELECT 1 FROM main.{} o WHERE {})", quote_name(table.name),
                         all_equal("o", table.key, "n", table.key));
    each(sql, table, [&](SQLite::Statement& row) {
      ++carried_.deleted;
      auto line = line_of(table, "deleted", row);
      if (wants_ && !table.follow.empty()) told(line, "followed", carried_.followed, older_.remove(table, row));
      tell_(line);
    });
  }

  void changed(const CarriedTable& table) {
    const auto sql = fmt::format("{}, {} FROM main.{} n JOIN was.{} o ON {} WHERE {}", select("0", table),
                                 listed(table.columns, "o"), quote_name(table.name), quote_name(table.name),
                                 all_equal("o", table.key, "n", table.key), some_difference(table.columns));
    each(sql, table, [&](SQLite::Statement& row) {
      ++carried_.changed;
      auto line = line_of(table, "changed", row);
      line["before"] = object_of(row, table.columns, table.values_at() + static_cast<int>(table.columns.size()));
      if (wants_ && follows(table, row)) told(line, "followed", carried_.followed, older_.follow(table, row));
      tell_(line);
    });
  }

  void put_back(const std::vector<CarriedTable>& tables) {
    if (!wants_) return;
    for (const auto& table : tables)
      if (!table.requeue.empty()) going_back_.add(table);
    going_back_.settle();
    for (const auto& table : tables)
      if (!table.requeue.empty())
        if (const auto highest = highest_given(table.name)) older_.keep_number(table.name, *highest);
  }

  void created(const CarriedTable& table) {
    const auto sql = fmt::format("{} FROM main.{} n WHERE {}", select(going_back_.outcome(table), table),
                                 quote_name(table.name), is_new(table));
    each(sql, table, [&](SQLite::Statement& row) {
      ++carried_.created;
      auto line = line_of(table, "new", row);
      if (!row.getColumn(0).isNull()) told(line, "requeued", carried_.requeued, row.getColumn(0).getString());
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
  void each(const std::string& sql, const CarriedTable& table, Work work) {
    SQLite::Statement rows(db_, sql + " ORDER BY " + listed(table.key, "n"));
    while (rows.executeStep()) work(rows);
  }
  void told(Json& line, const char* done, std::uint64_t& count, const std::string& reason) {
    ++(reason.empty() ? count : carried_.refused);
    line[done] = reason.empty();
    if (!reason.empty()) line["reason"] = reason;
  }
  // Only where one of those columns is another now.
  static bool follows(const CarriedTable& table, SQLite::Statement& row) {
    const int now = table.values_at(), before = now + static_cast<int>(table.columns.size());
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      if (std::find(table.follow.begin(), table.follow.end(), table.columns[i]) != table.follow.end() &&
          value_of(row.getColumn(now + static_cast<int>(i))) != value_of(row.getColumn(before + static_cast<int>(i))))
        return true;
    return false;
  }
  static Json line_of(const CarriedTable& table, const char* change, SQLite::Statement& row) {
    return {{"table", table.name},
            {"change", change},
            {"key", object_of(row, table.key, CarriedTable::key_at)},
            {"values", object_of(row, table.columns, table.values_at())}};
  }
  // Of an AUTOINCREMENT table, if the newer file has given numbers since.
  std::optional<std::int64_t> highest_given(const std::string& table) {
    if (db_.execAndGet("SELECT count(*) FROM main.sqlite_master WHERE name = 'sqlite_sequence'").getInt() == 0 ||
        db_.execAndGet("SELECT count(*) FROM was.sqlite_master WHERE name = 'sqlite_sequence'").getInt() == 0)
      return std::nullopt;
    SQLite::Statement query(db_,
                            "SELECT n.seq FROM main.sqlite_sequence n WHERE n.name = ?1 AND n.seq > "
                            "coalesce((SELECT o.seq FROM was.sqlite_sequence o WHERE o.name = ?1), 0)");
    query.bind(1, table);
    if (!query.executeStep()) return std::nullopt;
    return query.getColumn(0).getInt64();
  }

  SQLite::Database& db_;
  const Catalogue::RowListener& tell_;
  bool wants_;
  Catalogue::Carried carried_;
  OlderFile older_;
  GoingBack going_back_;
};

// Those whose rows may go back come first, in the order of the format: parents before their children.
std::vector<CarriedTable> tables_of(SQLite::Database& db, const Format& format) {
  std::vector<CarriedTable> tables;
  auto names = tables_in(db, "main", "table");
  auto add = [&](const std::string& name, const CarryOver& carried) {
    CarriedTable table{name, columns_in(db, "main", name), key_of(db, "main", name), carried.requeue, carried.follow,
                       true};
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

// Deleted rows first, children before parents: what they occupied may be given again. New ones last.
void compare(SQLite::Database& db, Comparison& comparison, const std::vector<CarriedTable>& tables) {
  for (auto table = tables.rbegin(); table != tables.rend(); ++table)
    if (table->comparable) comparison.deleted(*table, false);
  for (const auto& name : tables_in(db, "was", "table")) {
    const auto found =
        std::find_if(tables.begin(), tables.end(), [&](const CarriedTable& t) { return t.name == name; });
    if (found == tables.end() || !found->comparable)
      comparison.deleted({name, columns_in(db, "was", name), key_of(db, "was", name), "", {}, false}, true);
  }
  for (const auto& table : tables)
    if (table.comparable) comparison.changed(table);
  comparison.put_back(tables);
  for (const auto& table : tables) comparison.created(table);
}

}  // namespace

Catalogue::Carried carry_over(const DataFile& now, const Format& format, const fs::path& then, const fs::path& older,
                              const Catalogue::RowListener& tell) {
  return with_database(now.path, [&] {
    auto db = look_at(now.path);
    attach_complete(db, then, "was");
    // Read-only, but for the notes of this connection.
    db.exec("PRAGMA temp_store = MEMORY");
    // All of it from one moment, though the product may be writing.
    db.exec("BEGIN");
    Comparison comparison(db, tell, older);
    compare(db, comparison, tables_of(db, format));
    return comparison.finish(!tables_in(db, "main", "virtual").empty());
  });
}

}  // namespace dfi::migrations::sqlite_kind
