// SPDX-License-Identifier: Apache-2.0
#include "base/database.hpp"

#include <SQLiteCpp/Backup.h>
#include <sqlite3.h>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "messages/general.hpp"

namespace dfi {

void throw_database_failed(const std::filesystem::path& path, const char* reason) {
  throw Error(msg::database_failed, {{"path", path.string()}, {"reason", reason}});
}

SQLite::Database open_database(const std::filesystem::path& path, Access access, int busy_ms) {
  return with_database(path, [&] {
    int flags = access == Access::read_only ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE;
    if (access == Access::create) flags |= SQLite::OPEN_CREATE;
    SQLite::Database db(path.string(), flags, busy_ms);
    sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    return db;
  });
}

void copy_database(const std::filesystem::path& from, const std::filesystem::path& to) {
  durable::announce("copy database", to);
  with_database(from, [&] {
    auto source = open_database(from, Access::read_only);
    auto target = open_database(to, Access::create);
    SQLite::Backup backup(target, source);
    // BUSY does not throw: a file that stays locked for half a minute will stay so.
    for (int waits = 0; backup.executeStep(4096) != SQLITE_DONE;)
      if (backup.getRemainingPageCount() == 0 && ++waits > 6000)
        throw_database_failed(from, "is locked by another process");
      else
        sqlite3_sleep(waits > 0 ? 5 : 0);
  });
  durable::sync_file(to);
}

}  // namespace dfi
