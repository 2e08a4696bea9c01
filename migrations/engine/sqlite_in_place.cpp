// SPDX-License-Identifier: Apache-2.0
// Metadata changes on the data file itself: proven beforehand on a copy of its schema in memory, made and taken back in
// one transaction.
#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>

#include "base/durable.hpp"
#include "messages/in_place.hpp"
#include "messages/reason.hpp"
#include "migrations/engine/dependents.hpp"
#include "migrations/engine/sqlite_guard.hpp"
#include "migrations/engine/sqlite_proof.hpp"
#include "migrations/engine/sqlite_step.hpp"

namespace dfi::migrations {
namespace {

using sqlite_kind::Allow;

/// Everything the file has but its rows. Tables in which a virtual one keeps its content appear with it.
SQLite::Database schema_copy(SQLite::Database& db) {
  SQLite::Database copy(":memory:", SQLite::OPEN_READWRITE);
  for (const auto& object : read_schema(db)) {
    if (object.type == "table") {
      SQLite::Statement made(copy, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE");
      made.bind(1, object.name);
      if (made.executeStep()) continue;
    }
    copy.exec(object.sql);
  }
  return copy;
}

/// SQLite says "error in view NAME after drop column: …" of an object that the change cannot carry.
const SchemaObject* blamed(const std::string& reason, const Schema& dependents) {
  for (const auto& object : dependents) {
    const auto head = fmt::format("error in {} {}", object.type, object.name);
    if (reason.rfind(head, 0) == 0 && (reason[head.size()] == ':' || reason[head.size()] == ' ')) return &object;
  }
  return nullptr;
}

/// One way of the change on the copy: the schema of `target` comes out, and every dependent that worked still works.
void prove_change(const Work& work, SQLite::Database& copy, const Foreign& foreign, const std::string& sql, Allow allow,
                  const Format& target) {
  const auto& conversion = *work.edges.front().conversion;
  const auto saved = saved_statements(work);
  try {
    SQLite::Transaction transaction(copy);
    sqlite_kind::run_sql(copy, sql, allow);
    transaction.commit();
  } catch (const SQLite::Exception& e) {
    if (const auto* object = blamed(e.what(), foreign.dependents))
      throw_dependent_failed(work.file, conversion, {*object, e.what()}, saved);
    throw conversion_failed(conversion, work.file, e.what());
  }
  std::vector<Restored::Failed> failed;
  for (const auto& object : foreign.dependents) {
    if (std::find(foreign.broken.begin(), foreign.broken.end(), object.id) != foreign.broken.end()) continue;
    if (auto reason = why_unusable(copy, object); !reason.empty()) failed.push_back({object, reason});
  }
  report_failed(work, conversion, failed, saved);
  auto users = foreign.tables;
  users.insert(users.end(), foreign.dependents.begin(), foreign.dependents.end());
  require_no_fault(conversion, work.file, sqlite_kind::schema_fault(copy, target, users));
}

std::string synchronous_for(const std::string& journal_mode) {
  // In a rollback journal only EXTRA also syncs the directory after the journal is gone: without it a power cut may
  // bring the journal, and with it the old state, back.
  return journal_mode == "wal" ? "FULL" : "EXTRA";
}

/// Under an exclusive lock, so what is there now is no hot journal: one whose writer was killed before its header was
/// synced, or before it wrote anything. SQLite leaves it to the next writer.
void remove_dead_journal(const DataFile& file) {
  const fs::path journal = file.path.string() + "-journal";
  if (fs::exists(journal)) durable::remove(journal);
}

struct Way {
  const std::string& sql;
  Allow allow;
  int from, to;
};

Error not_possible(const DataFile& file, const InPlaceChange& what, const Way& way, const Message& reason) {
  if (way.to > way.from) {
    Conversion conversion;
    conversion.name = what.conversion;
    return conversion_failed(conversion, file, Reasons{reason});
  }
  return because(msg::change_stays,
                 {{"file", file.name},
                  {"path", file.path.string()},
                  {"level", std::to_string(way.to)},
                  {"conversion", what.conversion}},
                 {reason});
}

void change(const DataFile& file, const InPlaceChange& what, const Way& way) {
  constexpr int busy_ms = 500;
  auto db = open_database(file.path, Access::read_write, busy_ms);
  try {
    defend(db);
    db.exec("PRAGMA foreign_keys = OFF; PRAGMA synchronous = " + synchronous_for(one_text(db, "PRAGMA journal_mode")));
    // EXCLUSIVE: with a rollback journal readers are found now, not at the end.
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::EXCLUSIVE);
    const auto level = user_version(db);
    if (level == way.to) return remove_dead_journal(file);
    if (level != way.from)
      throw not_possible(
          file, what, way,
          {msg::level_contradicted, {{"level", std::to_string(level)}, {"told", std::to_string(way.from)}}});
    sqlite_kind::run_sql(db, way.sql, way.allow);
    db.exec(fmt::format("PRAGMA user_version = {}", way.to));
    durable::announce("commit conversion", file.path);
    transaction.commit();
  } catch (const SQLite::Exception& e) {
    const auto code = e.getErrorCode() & 0xff;
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) throw_busy(file, e.what());
    throw not_possible(file, what, way, quoted(e.what()));
  }
}

/// The objects on the file without which the change can be taken back, tried on a throw-away copy; empty if it is not
/// up to them.
Schema in_the_way(const InPlaceChange& what, const fs::path& copy, std::string reason) {
  Schema found;
  auto db = open_shadow(copy);
  while (!reason.empty()) {
    const auto objects = read_schema(db);
    const auto* object = blamed(reason, objects);
    if (!object) return {};
    found.push_back(*object);
    db.exec(fmt::format("DROP {} {}", object->type, quote_name(object->name)));
    reason.clear();
    try {
      SQLite::Transaction never_committed(db);
      sqlite_kind::run_sql(db, what.revert, Allow::metadata_back);
    } catch (const SQLite::Exception& e) {
      reason = e.what();
    }
  }
  return found;
}

/// `e` is about the copy; people know the file.
Error named_after(const DataFile& file, const InPlaceChange& what, const fs::path& copy, const Error& e) {
  std::string objects, sql;
  for (const auto& object : in_the_way(what, copy, e.arg("reason"))) {
    objects += (objects.empty() ? "" : ", ") + object.type + " " + object.name;
    sql += fmt::format("{}DROP {} {}", sql.empty() ? "" : "; ", object.type, quote_name(object.name));
  }
  Args args{{"file", file.name},
            {"path", file.path.string()},
            {"level", std::to_string(what.from)},
            {"conversion", what.conversion}};
  if (objects.empty()) return because(msg::change_stays, args, e.trail());
  args.insert(args.end(), {{"objects", objects}, {"sql", sql}, {"reason", e.arg("reason")}});
  return Error(msg::dependents_in_way, args);
}

}  // namespace

void apply_in_place(const DataFile& file, const InPlaceChange& what) {
  change(file, what, {what.convert, Allow::metadata, what.from, what.to});
}

void revert_in_place(const DataFile& file, const InPlaceChange& what) {
  change(file, what, {what.revert, Allow::metadata_back, what.to, what.from});
}

void copy_reverted(const DataFile& file, const InPlaceChange& what, const fs::path& copy) {
  discard_database(copy);
  try {
    copy_pages(file.path, copy);
  } catch (const SQLite::Exception& e) {
    throw_database_failed(file.path, e.what());
  }
  durable::copy_attributes(file.path, copy);
  try {
    revert_in_place({file.name, copy}, what);
  } catch (const Error& e) {
    if (e.message().id != msg::change_stays) throw;
    throw named_after(file, what, copy, e);
  }
  discard_leftovers(copy);
  durable::sync_file(copy);
}

Catalogue::Result sqlite_kind::rehearse_in_place(const Work& work) {
  const auto& edge = work.edges.front();
  const auto size = fs::file_size(work.file.path);
  work.supervisor.progress(0, size, 0);
  Catalogue::Result result;
  try {
    HeldFile held(work.file);
    const auto foreign = take_stock(work, held.database());
    auto copy = schema_copy(held.database());
    prove_change(work, copy, foreign, edge.conversion->convert, Allow::metadata, *edge.to);
    prove_change(work, copy, foreign, edge.conversion->revert, Allow::metadata_back, *edge.from);
    result.rows_before = result.rows_after = count_rows(held.database(), *edge.from);
    for (const auto& object : foreign.dependents) result.recreated.push_back(object.name);
  } catch (const SQLite::Exception& e) {
    throw conversion_failed(*edge.conversion, work.file, e.what());
  }
  result.bytes_before = result.bytes_after = size;
  work.supervisor.progress(size, size, 0);
  return result;
}

}  // namespace dfi::migrations
