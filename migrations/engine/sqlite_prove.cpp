// SPDX-License-Identifier: Apache-2.0
// Shows at load time that formats and SQL conversions work: on empty files in memory.
#include <SQLiteCpp/Backup.h>
#include <fmt/core.h>

#include "migrations/engine/sqlite_guard.hpp"
#include "migrations/engine/sqlite_proof.hpp"
#include "migrations/engine/sqlite_step.hpp"

namespace dfi::migrations::sqlite_kind {
namespace {

/// An empty file of the old level, attached as `old`.
void attach_empty(SQLite::Database& db, const Format& format) {
  SQLite::Database old(":memory:", SQLite::OPEN_READWRITE);
  old.exec(format.schema);
  db.exec("ATTACH ':memory:' AS old");
  SQLite::Backup(db, "old", old, "main").executeStep(-1);
}

void run_in_transaction(SQLite::Database& db, const std::string& sql, Allow allow) {
  SQLite::Transaction transaction(db);
  run_sql(db, sql, allow);
  transaction.commit();
}

void prove_convert(const Edge& edge) {
  const auto& conversion = *edge.conversion;
  auto fault = [&](const std::string& reason) { return malformed(conversion.origin, conversion.convert_line, reason); };
  try {
    SQLite::Database db(":memory:", SQLite::OPEN_READWRITE);
    if (conversion.kind == PassKind::fresh) {
      attach_empty(db, *edge.from);
      SQLite::Transaction transaction(db);
      fill_fresh(db, edge, {});
      transaction.commit();
    } else {
      db.exec(edge.from->schema);
      run_in_transaction(db, conversion.convert, allowed(conversion.kind));
      attach_empty(db, *edge.from);
    }
    for (const auto& check : conversion.verify)
      if (offending_rows(db, check, [](const std::string&) {}) > 0)
        throw fault(fmt::format("check '{}' fails on an empty file", check.name));
    if (auto reason = schema_fault(db, *edge.to, {}); !reason.empty()) throw fault(in_english(reason));
  } catch (const SQLite::Exception& e) {
    throw fault(e.what());
  }
}

void prove_revert(const Edge& edge) {
  const auto& conversion = *edge.conversion;
  auto fault = [&](const std::string& reason) { return malformed(conversion.origin, conversion.revert_line, reason); };
  try {
    SQLite::Database db(":memory:", SQLite::OPEN_READWRITE);
    db.exec(edge.to->schema);
    run_in_transaction(db, conversion.revert, Allow::metadata_back);
    if (auto reason = schema_fault(db, *edge.from, {}); !reason.empty()) throw fault(in_english(reason));
  } catch (const SQLite::Exception& e) {
    throw fault(e.what());
  }
}

}  // namespace

void prove(const Format& format) {
  try {
    SQLite::Database db(":memory:", SQLite::OPEN_READWRITE);
    db.exec(format.schema);
    for (const auto& carried : format.carry_over) {
      const auto table = quote_name(carried.table);
      SQLite::Statement(db, fmt::format("SELECT 1 FROM {} n WHERE ({})", table, carried.requeue));
      for (const auto& column : carried.follow)
        SQLite::Statement(db, fmt::format("SELECT n.{} FROM {} n", quote_name(column), table));
    }
  } catch (const SQLite::Exception& e) {
    throw malformed(format.origin, format.schema_line, e.what());
  }
}

void prove(const Edge& edge) {
  prove_convert(edge);
  if (edge.conversion->kind == PassKind::in_place) prove_revert(edge);
}

}  // namespace dfi::migrations::sqlite_kind
