// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/sqlite_proof.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

#include <map>

#include "messages/conversion.hpp"
#include "messages/reason.hpp"
#include "migrations/engine/sqlite_guard.hpp"

namespace dfi::migrations::sqlite_kind {
namespace {

/// Violated foreign keys by table and key. A key that points at nothing is one, too, and no reason to stop looking.
std::map<std::string, std::uint64_t> foreign_key_faults(SQLite::Database& db, const std::string& schema) {
  std::vector<std::string> tables;
  SQLite::Statement with_keys(db, fmt::format("SELECT m.name FROM {}.sqlite_master m WHERE m.type = 'table' AND EXISTS "
                                              "(SELECT 1 FROM pragma_foreign_key_list(m.name, '{}'))",
                                              schema, schema));
  while (with_keys.executeStep()) tables.push_back(with_keys.getColumn(0).getString());
  std::map<std::string, std::uint64_t> faults;
  for (const auto& table : tables) {
    try {
      SQLite::Statement query(db, fmt::format("PRAGMA {}.foreign_key_check({})", schema, quote_name(table)));
      while (query.executeStep()) ++faults[fmt::format("{} -> {}", table, query.getColumn(2).getString())];
    } catch (const SQLite::Exception& e) {
      if ((e.getErrorCode() & 0xff) != SQLITE_ERROR) throw;
      ++faults[e.what()];
    }
  }
  return faults;
}

void collect(const Edge& edge, const Work& work, const Check& check, SQLite::Database& db) {
  offending_rows(db, check, [&](const std::string& row) {
    Refusal refusal;
    refusal.file = work.file.name;
    refusal.conversion = edge.conversion->name;
    refusal.field = check.name;
    refusal.kind = "verify";
    refusal.reason = {
        msg::check_row,
        {{"file", refusal.file}, {"conversion", refusal.conversion}, {"check", check.name}, {"row", row}}};
    work.supervisor.refused(refusal);
  });
}

void run_check(const Edge& edge, const Work& work, const Check& check, SQLite::Database& db) {
  constexpr std::uint64_t shown_rows = 3;
  std::string rows;
  std::uint64_t told = 0;
  const auto count = offending_rows(db, check, [&](const std::string& row) {
    if (++told <= shown_rows) rows += (rows.empty() ? "" : "; ") + row;
  });
  if (count == 0) return;
  if (count > shown_rows) rows = fmt::format("{}; … ({})", rows, count);
  throw Error(msg::verify_failed, {{"conversion", edge.conversion->name},
                                   {"file", work.file.name},
                                   {"path", work.file.path.string()},
                                   {"check", check.name},
                                   {"row", rows}});
}

}  // namespace

void run_checks(const Edge& edge, const Work& work, SQLite::Database& db) {
  for (const auto& check : edge.conversion->verify)
    if (work.policy.collect)
      collect(edge, work, check, db);
    else
      run_check(edge, work, check, db);
}

Reasons schema_fault(SQLite::Database& db, const Format& format, const Schema& tables) {
  auto expected = schema_of(format.schema);
  auto found = read_schema(db);
  for (const auto& object : expected) {
    const auto* there = find_object(found, object.id);
    const Args args{{"type", object.type}, {"name", object.name}, {"level", std::to_string(format.level)}};
    if (!there) return {{msg::object_not_made, args}};
    if (there->normal != object.normal) return {{msg::object_of_other_level, args}};
  }
  for (const auto& object : found)
    if (!find_object(expected, object.id) && !find_object(tables, object.id))
      return {{msg::object_left_over, {{"type", object.type}, {"name", object.name}}}};
  return {};
}

Reasons foreign_key_fault(SQLite::Database& db, bool has_old) {
  const auto faults = foreign_key_faults(db, "main");
  if (faults.empty()) return {};
  // Only more than before is the conversion's fault.
  auto before = has_old ? foreign_key_faults(db, "old") : decltype(faults){};
  for (const auto& [key, count] : faults)
    if (const auto found = before.find(key); found == before.end() || count > found->second)
      return {{msg::foreign_key_violated, {{"key", key}}}};
  return {};
}

std::string quick_check(const fs::path& path, Pace& pace) {
  auto db = open_complete(path);
  // The check does not look at a progress handler inside one table.
  auto check = std::async(std::launch::async, [&] { return one_text(db, "PRAGMA quick_check(1)"); });
  return await<std::string>(check, pace, [&] { sqlite3_interrupt(db.getHandle()); });
}

}  // namespace dfi::migrations::sqlite_kind
