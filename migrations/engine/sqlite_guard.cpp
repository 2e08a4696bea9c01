// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/sqlite_guard.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

namespace dfi::migrations::sqlite_kind {
namespace {

class Guard {
 public:
  Guard(SQLite::Database& db, Allow allow) : db_(db), allow_(allow) {
    sqlite3_set_authorizer(db_.getHandle(), &Guard::decide, this);
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() { sqlite3_set_authorizer(db_.getHandle(), nullptr, nullptr); }

  /// What was refused last, or empty.
  const std::string& refused() const { return refused_; }

 private:
  static int decide(void* self, int action, const char* first, const char* second, const char*, const char*) {
    auto& guard = *static_cast<Guard*>(self);
    guard.judge(action, first ? first : "", second ? second : "");
    return guard.refused_.empty() ? SQLITE_OK : SQLITE_DENY;
  }

  void judge(int action, const std::string& first, const std::string& second) {
    switch (action) {
      case SQLITE_TRANSACTION: refused_ = first; return;
      case SQLITE_SAVEPOINT: refused_ = "SAVEPOINT"; return;
      case SQLITE_ATTACH: refused_ = "ATTACH"; return;
      case SQLITE_DETACH: refused_ = "DETACH"; return;
      case SQLITE_PRAGMA:
        // SQLite itself asks this one inside ALTER TABLE.
        if (first != "quick_check") refused_ = "PRAGMA " + first;
        return;
      case SQLITE_FUNCTION:
        // How SQLite takes a column out of a statement.
        if (allow_ == Allow::metadata && second == "sqlite_drop_column") refused_ = "DROP COLUMN";
        return;
      case SQLITE_SELECT:
      case SQLITE_READ:
      case SQLITE_RECURSIVE: return;
      default: break;
    }
    if (allow_ == Allow::queries) refused_ = "a change inside a check";
    if (allow_ == Allow::metadata || allow_ == Allow::metadata_back) judge_metadata(action, first);
  }

  void judge_metadata(int action, const std::string& first) {
    switch (action) {
      case SQLITE_ALTER_TABLE:
      case SQLITE_CREATE_VIEW:
      case SQLITE_CREATE_TRIGGER:
      case SQLITE_DROP_TRIGGER: return;
      case SQLITE_DROP_VIEW: dropped_view_ = first; return;
      case SQLITE_INSERT:
      case SQLITE_UPDATE:
      case SQLITE_DELETE:
        // DROP VIEW asks whether it may delete from the view.
        if (first == "sqlite_master" || first == "sqlite_temp_master" || first == dropped_view_) return;
        refused_ = "to write into " + first;
        return;
      default: refused_ = "anything but a metadata change"; return;
    }
  }

  SQLite::Database& db_;
  Allow allow_;
  std::string refused_, dropped_view_;
};

[[noreturn]] void refuse(const Guard& guard, const SQLite::Exception& e) {
  if (guard.refused().empty()) throw e;
  throw SQLite::Exception(fmt::format("{} is not allowed in a conversion", guard.refused()), SQLITE_AUTH);
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

}  // namespace

Allow allowed(PassKind kind) { return kind == PassKind::in_place ? Allow::metadata : Allow::changes; }

void run_sql(SQLite::Database& db, const std::string& sql, Allow allow) {
  Guard guard(db, allow);
  try {
    db.exec(sql);
  } catch (const SQLite::Exception& e) {
    refuse(guard, e);
  }
}

std::uint64_t offending_rows(SQLite::Database& db, const Check& check, const std::function<void(std::string)>& tell) {
  Guard guard(db, Allow::queries);
  try {
    SQLite::Statement query(db, check.sql);
    std::uint64_t count = 0;
    for (; query.executeStep(); ++count) tell(shown(query));
    return count;
  } catch (const SQLite::Exception& e) {
    refuse(guard, e);
  }
}

}  // namespace dfi::migrations::sqlite_kind
