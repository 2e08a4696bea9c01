// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/sqlite_step.hpp"

#include <SQLiteCpp/Backup.h>
#include <fmt/core.h>
#include <sqlite3.h>

#include <map>

#include "base/durable.hpp"
#include "messages/conversion.hpp"

namespace dfi::migrations::sqlite_kind {
namespace {

/// What a definition's SQL may do while this lives. The transaction, its settings and its files are the engine's.
class Guard {
 public:
  enum class Allow { changes, queries };
  Guard(SQLite::Database& db, Allow allow) : db_(db), allow_(allow) {
    sqlite3_set_authorizer(db_.getHandle(), &Guard::decide, this);
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() { sqlite3_set_authorizer(db_.getHandle(), nullptr, nullptr); }

  /// What was refused last, or empty.
  const std::string& refused() const { return refused_; }

 private:
  static int decide(void* self, int action, const char* first, const char*, const char*, const char*) {
    auto& guard = *static_cast<Guard*>(self);
    auto name = [&](const char* word) { return fmt::format("{} {}", word, first ? first : ""); };
    switch (action) {
      case SQLITE_TRANSACTION: guard.refused_ = first ? first : "BEGIN"; return SQLITE_DENY;
      case SQLITE_SAVEPOINT: guard.refused_ = "SAVEPOINT"; return SQLITE_DENY;
      case SQLITE_ATTACH: guard.refused_ = "ATTACH"; return SQLITE_DENY;
      case SQLITE_DETACH: guard.refused_ = "DETACH"; return SQLITE_DENY;
      case SQLITE_PRAGMA:
        // SQLite itself asks this one inside ALTER TABLE.
        if (first && std::string_view(first) == "quick_check") return SQLITE_OK;
        guard.refused_ = name("PRAGMA");
        return SQLITE_DENY;
      case SQLITE_SELECT:
      case SQLITE_READ:
      case SQLITE_FUNCTION:
      case SQLITE_RECURSIVE: return SQLITE_OK;
      default: break;
    }
    if (guard.allow_ == Allow::changes) return SQLITE_OK;
    guard.refused_ = "a change inside a check";
    return SQLITE_DENY;
  }

  SQLite::Database& db_;
  Allow allow_;
  std::string refused_;
};

[[noreturn]] void refuse(const Guard& guard, const SQLite::Exception& e) {
  if (guard.refused().empty()) throw e;
  throw SQLite::Exception(fmt::format("{} is not allowed in a conversion", guard.refused()), SQLITE_AUTH);
}

void run_sql(SQLite::Database& db, const std::string& sql) {
  Guard guard(db, Guard::Allow::changes);
  try {
    db.exec(sql);
  } catch (const SQLite::Exception& e) {
    refuse(guard, e);
  }
}

std::string shown(SQLite::Statement& query) {
  std::string row;
  for (int i = 0; i < query.getColumnCount(); ++i) {
    auto column = query.getColumn(i);
    row += fmt::format("{}{}={}", i ? ", " : "", column.getName(),
                       column.isNull()   ? "NULL"
                       : column.isText() ? "'" + column.getString() + "'"
                                         : column.getString());
  }
  return row;
}

/// The first rows a check brings up, as text; empty if it is content.
std::string offending_rows(SQLite::Database& db, const Check& check) {
  constexpr int shown_rows = 3;
  Guard guard(db, Guard::Allow::queries);
  try {
    SQLite::Statement query(db, check.sql);
    std::string rows;
    int count = 0;
    while (query.executeStep())
      if (++count <= shown_rows) rows += (rows.empty() ? "" : "; ") + shown(query);
    return count > shown_rows ? fmt::format("{}; … ({})", rows, count) : rows;
  } catch (const SQLite::Exception& e) {
    refuse(guard, e);
  }
}

/// What makes the schema differ from that of the level, or empty.
std::string schema_fault(SQLite::Database& db, const Format& format, const Schema& tables) {
  auto expected = schema_of(format.schema);
  auto found = read_schema(db);
  for (const auto& object : expected) {
    const auto* there = find_object(found, object.id);
    if (!there) return fmt::format("{} {} of level {} was not made", object.type, object.name, format.level);
    if (there->normal != object.normal)
      return fmt::format("{} {} is not the one of level {}", object.type, object.name, format.level);
  }
  for (const auto& object : found)
    if (!find_object(expected, object.id) && !find_object(tables, object.id))
      return fmt::format("{} {} is left over", object.type, object.name);
  return "";
}

/// Violated foreign keys by table and key. Only more than before is the conversion's fault.
std::map<std::string, int> foreign_key_faults(SQLite::Database& db) {
  std::map<std::string, int> faults;
  SQLite::Statement query(db, "SELECT \"table\" || ' -> ' || parent FROM pragma_foreign_key_check");
  while (query.executeStep()) ++faults[query.getColumn(0).getString()];
  return faults;
}

Error failed(const Edge& edge, const DataFile& file, const std::string& reason) {
  return conversion_failed(*edge.conversion, file, reason);
}

void run_checks(const Edge& edge, const DataFile& file, SQLite::Database& db) {
  for (const auto& check : edge.conversion->verify)
    if (auto rows = offending_rows(db, check); !rows.empty())
      throw Error(msg::verify_failed, {{"conversion", edge.conversion->name},
                                       {"file", file.name},
                                       {"path", file.path.string()},
                                       {"check", check.name},
                                       {"row", rows}});
}

void verify(const Edge& edge, const StepFiles& files, SQLite::Database& db) {
  attach_read_only(db, files.input, "old");
  run_checks(edge, files.file, db);
  db.exec("DETACH old");
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

void run_step(const Edge& edge, const StepFiles& files, SQLite::Database& db) {
  auto faults_before = foreign_key_faults(db);
  try {
    SQLite::Transaction transaction(db);
    run_sql(db, edge.conversion->convert);
    db.exec(fmt::format("PRAGMA user_version = {}", edge.to->level));
    durable::announce("commit conversion", files.shadow);
    transaction.commit();
  } catch (const SQLite::Exception& e) {
    auto code = e.getErrorCode() & 0xff;
    if (code == SQLITE_FULL || code == SQLITE_BUSY) throw;
    throw failed(edge, files.file, e.what());
  }
  verify(edge, files, db);
  if (auto fault = schema_fault(db, *edge.to, files.tables); !fault.empty()) throw failed(edge, files.file, fault);
  if (auto fault = one_text(db, "PRAGMA quick_check(1)"); fault != "ok") throw failed(edge, files.file, fault);
  for (const auto& [key, count] : foreign_key_faults(db))
    if (count > faults_before[key]) throw failed(edge, files.file, fmt::format("foreign key {} is violated", key));
}

void verify_load(const Work& work, const Edge& edge) {
  try {
    SQLite::Database db(work.output.string(), SQLite::OPEN_READONLY);
    run_checks(edge, work.file, db);
    if (auto fault = schema_fault(db, *edge.to, {}); !fault.empty()) throw failed(edge, work.file, fault);
    if (auto fault = one_text(db, "PRAGMA quick_check(1)"); fault != "ok") throw failed(edge, work.file, fault);
    for (const auto& [key, count] : foreign_key_faults(db))
      throw failed(edge, work.file, fmt::format("foreign key {} is violated {} times", key, count));
  } catch (const SQLite::Exception& e) {
    throw failed(edge, work.file, e.what());
  }
}

void prove(const Format& format) {
  try {
    schema_of(format.schema);
  } catch (const SQLite::Exception& e) {
    throw malformed(format.origin, format.schema_line, e.what());
  }
}

void prove(const Edge& edge) {
  const auto& conversion = *edge.conversion;
  auto fault = [&](const std::string& reason) { return malformed(conversion.origin, conversion.convert_line, reason); };
  try {
    SQLite::Database old(":memory:", SQLite::OPEN_READWRITE);
    old.exec(edge.from->schema);
    SQLite::Database db(":memory:", SQLite::OPEN_READWRITE);
    db.exec(edge.from->schema);
    {
      SQLite::Transaction transaction(db);
      run_sql(db, conversion.convert);
      transaction.commit();
    }
    db.exec("ATTACH ':memory:' AS old");
    SQLite::Backup(db, "old", old, "main").executeStep(-1);
    for (const auto& check : conversion.verify)
      if (!offending_rows(db, check).empty()) throw fault(fmt::format("check '{}' fails on an empty file", check.name));
    if (auto reason = schema_fault(db, *edge.to, {}); !reason.empty()) throw fault(reason);
  } catch (const SQLite::Exception& e) {
    throw fault(e.what());
  }
}

}  // namespace dfi::migrations::sqlite_kind
