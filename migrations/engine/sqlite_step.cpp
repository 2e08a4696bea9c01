// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/sqlite_step.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sqlite3.h>

#include <algorithm>

#include "base/durable.hpp"
#include "messages/reason.hpp"
#include "migrations/engine/sqlite_guard.hpp"
#include "migrations/engine/sqlite_proof.hpp"

namespace dfi::migrations::sqlite_kind {
namespace {

/// How much of a table has been rewritten cannot be asked; what it has added to the file can.
std::function<double()> growth(const Step& step) {
  const auto before = static_cast<double>(size_of(step.output));
  const auto whole = std::max(1.0, static_cast<double>(size_of(step.input)));
  return [&step, before, whole] { return (static_cast<double>(size_of(step.output)) - before) / whole; };
}

SQLite::Database page_copy(const Step& step, const std::function<void(SQLite::Database&)>& drop) {
  step.pace.phase(step.index, 0, 0.2);
  copy_pages(step.input, step.output, [&](double share) { step.pace.tell(share); });
  auto db = open_shadow(step.output);
  drop(db);
  return db;
}

void convert(const Step& step, SQLite::Database& db, bool fresh) {
  step.pace.phase(step.index, fresh ? 0 : 0.2, 0.8);
  LookIn look_in(db, step.pace, growth(step));
  SQLite::Transaction transaction(db);
  if (fresh)
    fill_fresh(db, step.edge, step.tables);
  else
    run_sql(db, step.edge.conversion->convert, allowed(step.edge.conversion->kind));
  db.exec(fmt::format("PRAGMA main.user_version = {}", step.edge.to->level));
  durable::announce("commit conversion", step.output);
  transaction.commit();
}

void keep_sequences(SQLite::Database& db) {
  if (!db.execAndGet("SELECT count(*) FROM old.sqlite_master WHERE name = 'sqlite_sequence'").getInt()) return;
  for (const auto& object : read_schema(db)) {
    if (object.type != "table") continue;
    SQLite::Statement highest(db, "SELECT seq FROM old.sqlite_sequence WHERE name = ? COLLATE NOCASE");
    highest.bind(1, object.name);
    if (highest.executeStep()) keep_number(db, object, highest.getColumn(0).getInt64());
  }
}

Reasons lost_rows(SQLite::Database& db, const Schema& tables) {
  for (const auto& table : tables) {
    const auto name = quote_name(table.name);
    const auto here = db.execAndGet("SELECT count(*) FROM main." + name).getInt64();
    const auto there = db.execAndGet("SELECT count(*) FROM old." + name).getInt64();
    if (here != there)
      return {{msg::rows_differ,
               {{"table", table.name}, {"rows", std::to_string(here)}, {"expected", std::to_string(there)}}}};
  }
  return {};
}

void prove_step(const Step& step, SQLite::Database& db, bool fresh) {
  const auto& file = step.work.file;
  const auto& conversion = *step.edge.conversion;
  step.pace.phase(step.index, 0.8, 0.9);
  LookIn look_in(db, step.pace, [] { return 0.5; });
  if (!fresh) attach_read_only(db, step.input, "old");
  {
    SQLite::Transaction transaction(db);
    keep_sequences(db);
    transaction.commit();
  }
  run_checks(step.edge, step.work, db);
  require_no_fault(conversion, file, schema_fault(db, *step.edge.to, step.tables));
  if (fresh) require_no_fault(conversion, file, lost_rows(db, step.tables));
  require_no_fault(conversion, file, foreign_key_fault(db, true));
  db.exec("DETACH old");
}

/// A name under which the number of a row can be asked: none if there is no such number, or columns hide it.
std::string row_number(SQLite::Database& db, const std::string& table, const std::vector<std::string>& columns) {
  SQLite::Statement query(db, "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?");
  query.bind(1, table);
  if (!query.executeStep() || query.getColumn(0).getInt() != 0) return "";
  for (const char* name : {"rowid", "_rowid_", "oid"})
    if (std::none_of(columns.begin(), columns.end(),
                     [&](const auto& column) { return sqlite3_stricmp(column.c_str(), name) == 0; }))
      return name;
  return "";
}

/// A table of a user as it is, with the numbers of its rows: users may have noted them.
void carry_table(SQLite::Database& db, const SchemaObject& table) {
  db.exec(table.sql);
  auto columns = columns_of_table(db, table.name);
  const auto number = row_number(db, table.name, columns);
  for (auto& column : columns) column = quote_name(column);
  if (!number.empty()) columns.insert(columns.begin(), number);
  const auto list = fmt::format("{}", fmt::join(columns, ", "));
  const auto name = quote_name(table.name);
  db.exec(fmt::format("INSERT INTO main.{}({}) SELECT {} FROM old.{}", name, list, list, name));
}

}  // namespace

fs::path intermediate(const fs::path& shadow, std::size_t index) {
  return fmt::format("{}.step{}", shadow.string(), index + 1);
}

std::uintmax_t count_rows(SQLite::Database& db, const Format& format) {
  std::uintmax_t rows = 0;
  for (const auto& object : schema_of(format.schema))
    if (object.type == "table")
      rows += static_cast<std::uintmax_t>(db.execAndGet("SELECT count(*) FROM " + quote_name(object.name)).getInt64());
  return rows;
}

void carry_tables(SQLite::Database& db, const Schema& tables) {
  std::vector<std::string> virtual_tables;
  for (const auto& table : tables) {
    SQLite::Statement query(db, "SELECT rootpage FROM old.sqlite_master WHERE type = 'table' AND name = ?");
    query.bind(1, table.name);
    if (query.executeStep() && query.getColumn(0).getInt() == 0)
      virtual_tables.push_back(table.name);
    else
      carry_table(db, table);
  }
  // The content of a virtual table lies in plain ones, which are there already: it must not make them anew.
  for (const auto& name : virtual_tables) {
    db.exec("PRAGMA writable_schema = ON");
    SQLite::Statement entry(db, "INSERT INTO main.sqlite_master SELECT * FROM old.sqlite_master WHERE name = ?");
    entry.bind(1, name);
    entry.exec();
    db.exec("PRAGMA writable_schema = RESET");
  }
}

void fill_fresh(SQLite::Database& db, const Edge& edge, const Schema& user_tables) {
  const auto schema = schema_of(edge.to->schema);
  for (const auto& object : schema)
    if (object.type == "table") db.exec(object.sql);
  carry_tables(db, user_tables);
  defend(db);
  run_sql(db, edge.conversion->convert, Allow::changes);
  // Sorted into an index at once: faster than row by row, and triggers see no conversion.
  for (const auto& object : schema)
    if (object.type != "table") db.exec(object.sql);
}

SQLite::Database run_step(const Step& step, const std::function<void(SQLite::Database&)>& drop) {
  const bool fresh = step.edge.conversion->kind == PassKind::fresh;
  try {
    auto db = fresh ? create_shadow(step.output, step.input) : page_copy(step, drop);
    if (fresh) attach_read_only(db, step.input, "old");
    convert(step, db, fresh);
    // What comes now may fail half-way and go on.
    db.exec("PRAGMA main.journal_mode = MEMORY");
    prove_step(step, db, fresh);
    return db;
  } catch (const SQLite::Exception& e) {
    step.pace.rethrow();
    const auto code = e.getErrorCode() & 0xff;
    if (code == SQLITE_FULL || code == SQLITE_BUSY) throw;
    throw conversion_failed(*step.edge.conversion, step.work.file, e.what());
  }
}

void finish_step(const Step& step) {
  step.pace.phase(step.index, 0.9, 1);
  if (const auto fault = quick_check(step.output, step.pace); fault != "ok")
    throw conversion_failed(*step.edge.conversion, step.work.file, fault);
}

}  // namespace dfi::migrations::sqlite_kind
