// SPDX-License-Identifier: Apache-2.0
// The comparable form of a schema (declared in sqlite_file.hpp): the counterpart of a record format level id.
#include <cctype>

#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || (c & 0x80); }

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

/// The end of what opens at `begin` with this quote; a doubled quote is part of it.
std::size_t quote_end(const std::string& sql, std::size_t begin, char close) {
  for (auto i = begin + 1; i < sql.size(); ++i) {
    if (sql[i] != close) continue;
    if (close == ']' || i + 1 == sql.size() || sql[i + 1] != close) return i + 1;
    ++i;
  }
  return sql.size();
}

std::size_t blank_end(const std::string& sql, std::size_t i) {
  if (std::isspace(static_cast<unsigned char>(sql[i]))) return i + 1;
  if (sql.compare(i, 2, "--") == 0) return std::min(sql.find('\n', i), sql.size());
  if (sql.compare(i, 2, "/*") == 0) {
    auto end = sql.find("*/", i + 2);
    return end == std::string::npos ? sql.size() : end + 2;
  }
  return i;
}

/// A quoted name that needs no quotes equals the plain one.
std::string plain_name(const std::string& quoted) {
  auto name = quoted.substr(1, quoted.size() - 2);
  for (char c : name)
    if (!is_word(c)) return "\"" + upper(name) + "\"";
  return upper(name);
}

}  // namespace

std::vector<std::string> sql_tokens(const std::string& sql) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < sql.size();) {
    if (auto end = blank_end(sql, i); end != i) {
      i = end;
      continue;
    }
    char c = sql[i];
    auto end = i + 1;
    if (c == '\'' || c == '"' || c == '`' || c == '[') {
      end = quote_end(sql, i, c == '[' ? ']' : c);
      auto quoted = sql.substr(i, end - i);
      tokens.push_back(c == '\'' || quoted.size() < 2 ? quoted : plain_name(quoted));
    } else {
      while (is_word(c) && end < sql.size() && is_word(sql[end])) ++end;
      tokens.push_back(upper(sql.substr(i, end - i)));
    }
    i = end;
  }
  return tokens;
}

std::string normalise_sql(const std::string& sql) {
  std::string result;
  for (const auto& token : sql_tokens(sql)) result += (result.empty() ? "" : " ") + token;
  return result;
}

std::string quote_name(const std::string& name) {
  std::string result = "\"";
  for (char c : name) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

Schema read_schema(SQLite::Database& db) {
  Schema schema;
  SQLite::Statement query(db,
                          "SELECT type, name, sql FROM main.sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE "
                          "'sqlite^_%' ESCAPE '^' ORDER BY rowid");
  while (query.executeStep()) {
    SchemaObject object{query.getColumn(0).getString(), query.getColumn(1).getString(), query.getColumn(2).getString(),
                        "", ""};
    object.id = object.type + " " + upper(object.name);
    object.normal = normalise_sql(object.sql);
    schema.push_back(std::move(object));
  }
  return schema;
}

Schema schema_of(const std::string& sql) {
  SQLite::Database db(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  db.exec(sql);
  return read_schema(db);
}

std::vector<std::string> columns_of_table(SQLite::Database& db, const std::string& table) {
  std::vector<std::string> names;
  SQLite::Statement query(db, "SELECT name FROM pragma_table_info(?, 'main')");
  query.bind(1, table);
  while (query.executeStep()) names.push_back(query.getColumn(0).getString());
  return names;
}

const SchemaObject* find_object(const Schema& schema, const std::string& id) {
  for (const auto& object : schema)
    if (object.id == id) return &object;
  return nullptr;
}

void keep_number(SQLite::Database& db, const SchemaObject& table, std::int64_t highest) {
  if ((" " + table.normal + " ").find(" AUTOINCREMENT ") == std::string::npos) return;
  SQLite::Statement known(db, "SELECT coalesce(max(seq), 0) FROM main.sqlite_sequence WHERE name = ?");
  known.bind(1, table.name);
  known.executeStep();
  if (known.getColumn(0).getInt64() >= highest) return;
  known.reset();
  for (const char* change : {"DELETE FROM main.sqlite_sequence WHERE name = ?1",
                             "INSERT INTO main.sqlite_sequence(name, seq) VALUES(?1, ?2)"}) {
    SQLite::Statement statement(db, change);
    statement.bind(1, table.name);
    if (statement.getBindParameterCount() > 1) statement.bind(2, highest);
    statement.exec();
  }
}

}  // namespace dfi::migrations
