// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/dependents.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/durable.hpp"
#include "messages/conversion.hpp"
#include "messages/in_place.hpp"

namespace dfi::migrations {
namespace {

std::string join(const std::vector<std::string>& parts, const char* after_each) {
  std::string result;
  for (const auto& part : parts) result += (result.empty() ? "" : ", ") + part + after_each;
  return result;
}

/// A statement that fires the trigger. CREATE TRIGGER looks at the trigger's body only when it is compiled for use.
std::string firing_statement(SQLite::Database& db, const SchemaObject& trigger) {
  SQLite::Statement query(db, "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name = ?");
  query.bind(1, trigger.name);
  auto table = query.executeStep() ? query.getColumn(0).getString() : std::string();
  auto columns = columns_of_table(db, table);
  for (auto& column : columns) column = quote_name(column);
  // CREATE TRIGGER name [BEFORE | AFTER | INSTEAD OF] event: the name may itself be the word of an event.
  auto tokens = sql_tokens(trigger.sql);
  auto event =
      std::find_if(tokens.begin() + std::min<std::ptrdiff_t>(3, std::ssize(tokens)), tokens.end(),
                   [](const auto& token) { return token == "INSERT" || token == "UPDATE" || token == "DELETE"; });
  if (event == tokens.end()) return "";
  if (*event == "DELETE") return fmt::format("DELETE FROM {}", quote_name(table));
  if (*event == "UPDATE") {
    std::vector<std::string> changes;
    for (const auto& column : columns) changes.push_back(column + " = " + column);
    return fmt::format("UPDATE {} SET {}", quote_name(table), join(changes, ""));
  }
  std::vector<std::string> nulls(columns.size(), "NULL");
  return fmt::format("INSERT INTO {} ({}) VALUES ({})", quote_name(table), join(columns, ""), join(nulls, ""));
}

std::string drop_statement(const SchemaObject& object) {
  return fmt::format("DROP {} IF EXISTS {}", object.type, quote_name(object.name));
}

/// Creates and proves one; leaves nothing behind if it fails.
std::string restore(SQLite::Database& db, const SchemaObject& object, bool must_work) {
  try {
    db.exec(object.sql);
  } catch (const SQLite::Exception& e) {
    return e.what();
  }
  auto reason = must_work ? why_unusable(db, object) : std::string();
  if (!reason.empty()) db.exec(drop_statement(object));
  return reason;
}

Message failed_message(const DataFile& file, const Conversion& conversion, const Restored::Failed& failed,
                       const fs::path& saved) {
  // Where the file itself is changed everything on it stays there: none can be saved only.
  return {conversion.kind == PassKind::in_place ? msg::dependent_in_place : msg::dependent_failed,
          {{"type", failed.object.type},
           {"name", failed.object.name},
           {"file", file.name},
           {"path", file.path.string()},
           {"conversion", conversion.name},
           {"reason", failed.reason},
           {"sql", failed.object.sql},
           {"saved", saved.string()}}};
}

}  // namespace

Schema user_dependents(SQLite::Database& db, const Schema& shipped) {
  Schema result;
  for (auto& object : read_schema(db)) {
    if (object.type == "table") continue;
    const auto* ours = find_object(shipped, object.id);
    if (!ours || ours->normal != object.normal) result.push_back(std::move(object));
  }
  return result;
}

std::string why_unusable(SQLite::Database& db, const SchemaObject& object) {
  try {
    if (object.type == "view") db.exec(fmt::format("EXPLAIN SELECT * FROM {}", quote_name(object.name)));
    if (object.type == "trigger") db.exec("EXPLAIN " + firing_statement(db, object));
    return "";
  } catch (const SQLite::Exception& e) {
    return e.what();
  }
}

Foreign find_foreign(SQLite::Database& db, const Schema& shipped) {
  Foreign foreign;
  foreign.dependents = user_dependents(db, shipped);
  for (const auto& object : foreign.dependents)
    if (!why_unusable(db, object).empty()) foreign.broken.push_back(object.id);
  for (auto& object : read_schema(db))
    if (object.type == "table" && !find_object(shipped, object.id)) foreign.tables.push_back(std::move(object));
  return foreign;
}

fs::path saved_statements(const Work& work) { return work.shadow.string() + ".dependents.sql"; }

Foreign take_stock(const Work& work, SQLite::Database& db) {
  auto foreign = find_foreign(db, schema_of(work.edges.front().from->schema));
  std::vector<Dependent> dependents;
  for (const auto& object : foreign.dependents)
    dependents.push_back({work.file.name, object.type, object.name, object.sql});
  refuse_dependents(work.file, dependents, work.policy);
  if (!dependents.empty()) save_dependents(foreign.dependents, work.file.name, saved_statements(work));
  return foreign;
}

void throw_dependent_failed(const DataFile& file, const Conversion& conversion, const Restored::Failed& failed,
                            const fs::path& saved) {
  auto message = failed_message(file, conversion, failed, saved);
  throw Error(message.id, std::move(message.args));
}

void report_failed(const Work& work, const Conversion& conversion, const std::vector<Restored::Failed>& failed,
                   const fs::path& saved) {
  if (failed.empty()) return;
  if (!work.policy.collect) throw_dependent_failed(work.file, conversion, failed.front(), saved);
  for (const auto& one : failed) {
    Refusal refusal;
    refusal.file = work.file.name;
    refusal.conversion = conversion.name;
    refusal.field = one.object.name;
    refusal.kind = "dependent";
    refusal.reason = failed_message(work.file, conversion, one, saved);
    work.supervisor.refused(refusal);
  }
}

void put_back(const Work& work, const Foreign& foreign, SQLite::Database& db, Catalogue::Result& result) {
  if (work.policy.dependents == Dependents::save_only) {
    for (const auto& object : foreign.dependents) result.saved_only.push_back(object.name);
    return;
  }
  durable::announce("re-create dependents", saved_statements(work));
  SQLite::Transaction transaction(db);
  auto restored = restore_dependents(db, foreign.dependents, foreign.broken);
  report_failed(work, *work.edges.back().conversion, restored.failed, saved_statements(work));
  transaction.commit();
  result.recreated = std::move(restored.names);
}

void save_dependents(const Schema& dependents, const std::string& file, const fs::path& path) {
  auto text =
      fmt::format("-- User-made views, indexes and triggers of {}, saved by dfinstall before a conversion.\n", file);
  for (const auto& object : dependents) text += fmt::format("\n-- {} {}\n{};\n", object.type, object.name, object.sql);
  durable::write_file(path, text, 0640);
}

void drop_dependents(SQLite::Database& db, const Schema& dependents) {
  // Triggers first: dropping a view takes its triggers along.
  for (const char* type : {"trigger", "view", "index"})
    for (const auto& object : dependents)
      if (object.type == type) db.exec(drop_statement(object));
}

Restored restore_dependents(SQLite::Database& db, const Schema& dependents, const std::vector<std::string>& broken) {
  Restored result;
  auto open = dependents;
  for (bool progress = true; progress && !open.empty();) {
    progress = false;
    result.failed.clear();
    Schema later;
    for (auto& object : open) {
      bool must_work = std::find(broken.begin(), broken.end(), object.id) == broken.end();
      auto reason = restore(db, object, must_work);
      if (reason.empty()) {
        result.names.push_back(object.name);
        progress = true;
      } else {
        result.failed.push_back({object, reason});
        later.push_back(std::move(object));
      }
    }
    open = std::move(later);
  }
  return result;
}

}  // namespace dfi::migrations
