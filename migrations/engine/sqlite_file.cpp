// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/sqlite_file.hpp"

#include <SQLiteCpp/Backup.h>
#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <fstream>

#include "base/companions.hpp"
#include "base/database.hpp"
#include "base/durable.hpp"
#include "base/error.hpp"
#include "messages/conversion.hpp"

namespace dfi::migrations {
namespace {

constexpr int busy_ms = 500;

std::string uri(const fs::path& path, const char* option) {
  std::string result = "file:";
  for (char c : fs::absolute(path).string())
    result += c == '%' || c == '?' || c == '#' ? fmt::format("%{:02x}", static_cast<int>(c)) : std::string(1, c);
  return result + "?" + option;
}

}  // namespace

bool is_wal_file(const fs::path& path) {
  char header[20] = {};
  std::ifstream(path, std::ios::binary).read(header, sizeof header);
  return header[18] == 2;
}

SQLite::Database look_at(const fs::path& path) {
  // A WAL file at rest has no -wal; to open it in the normal way would make one. Nobody writes then, so it may be read
  // as an immutable file. With a -wal beside it, its content counts.
  // Never do this while this process holds the file: reading the header drops its locks.
  bool at_rest = is_wal_file(path) && !fs::exists(path.string() + "-wal");
  return with_database(path, [&] {
    auto open = [&](const std::string& name, int flags) {
      SQLite::Database db(name, flags | SQLite::OPEN_URI, busy_ms);
      db.exec("SELECT count(*) FROM sqlite_master");
      return db;
    };
    try {
      return open(uri(path, at_rest ? "immutable=1" : "mode=ro"), SQLite::OPEN_READONLY);
    } catch (const SQLite::Exception& e) {
      if (no_room(e)) return open_alone(path);
      if (e.getErrorCode() != SQLITE_READONLY) throw;
      return open(uri(path, "mode=rw"), SQLite::OPEN_READWRITE);
    }
  });
}

std::int64_t user_version(SQLite::Database& db) { return db.execAndGet("PRAGMA user_version").getInt64(); }

std::string one_text(SQLite::Database& db, const std::string& sql) { return db.execAndGet(sql).getString(); }

void throw_busy(const DataFile& file, const std::string& reason) {
  throw Error(msg::data_file_busy, {{"file", file.name}, {"path", file.path.string()}, {"reason", reason}});
}

HeldFile::HeldFile(const DataFile& file) : db_(open_database(file.path, Access::read_write, busy_ms)) {
  try {
    // EXCLUSIVE finds readers too, where the journal mode lets them be found; the copy itself only needs writers out.
    db_.exec("BEGIN EXCLUSIVE; ROLLBACK");
    durable::announce("checkpoint", file.path);
    if (db_.execAndGet("PRAGMA wal_checkpoint(TRUNCATE)").getInt() != 0) throw_busy(file, "somebody is reading it");
    db_.exec("BEGIN IMMEDIATE");
  } catch (const SQLite::Exception& e) {
    if (e.getErrorCode() == SQLITE_BUSY || e.getErrorCode() == SQLITE_LOCKED) throw_busy(file, e.what());
    throw_database_failed(file.path, e.what());
  }
}

HeldFile::~HeldFile() {
  // Nothing was written: the transaction only kept others out.
  db_.tryExec("ROLLBACK");
}

void copy_pages(const fs::path& from, const fs::path& target, const std::function<void(double)>& tell) {
  constexpr int pages_at_once = 4096;
  durable::create_file(target, "copy database");
  SQLite::Database source(uri(from, "mode=ro"), SQLite::OPEN_READONLY | SQLite::OPEN_URI, busy_ms);
  SQLite::Database copy(target.string(), SQLite::OPEN_READWRITE);
  copy.exec("PRAGMA synchronous = OFF");
  SQLite::Backup backup(copy, source);
  for (int rc = SQLITE_OK; rc != SQLITE_DONE;) {
    rc = backup.executeStep(pages_at_once);
    if (rc != SQLITE_DONE && rc != SQLITE_OK) throw SQLite::Exception("the file is locked", SQLITE_BUSY);
    const double all = std::max(1, backup.getTotalPageCount());
    if (tell) tell(1 - backup.getRemainingPageCount() / all);
  }
}

SQLite::Database open_shadow(const fs::path& path) {
  SQLite::Database db(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_URI, busy_ms);
  defend(db);
  // Nothing must survive a crash here: a shadow that is not finished is thrown away.
  db.exec("PRAGMA main.journal_mode = MEMORY; PRAGMA main.synchronous = OFF; PRAGMA foreign_keys = OFF");
  return db;
}

SQLite::Database create_shadow(const fs::path& path, const fs::path& like) {
  durable::create_file(path, "create database");
  SQLite::Database old(uri(like, "mode=ro"), SQLite::OPEN_READONLY | SQLite::OPEN_URI, busy_ms);
  SQLite::Database db(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_URI, busy_ms);
  // An attached file must have the encoding of the first one.
  db.exec(fmt::format("PRAGMA encoding = '{}'", one_text(old, "PRAGMA encoding")));
  for (const char* mark : {"page_size", "auto_vacuum", "application_id"})
    db.exec(fmt::format("PRAGMA {} = {}", mark, one_text(old, fmt::format("PRAGMA {}", mark))));
  db.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF");
  return db;
}

void defend(SQLite::Database& db) { sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr); }

SQLite::Database open_complete(const fs::path& path) {
  return SQLite::Database(uri(path, "immutable=1"), SQLite::OPEN_READONLY | SQLite::OPEN_URI);
}

namespace {

void attach(SQLite::Database& db, const std::string& uri, const std::string& name) {
  SQLite::Statement attach(db, "ATTACH ? AS " + name);
  attach.bind(1, uri);
  attach.exec();
}

}  // namespace

void attach_complete(SQLite::Database& db, const fs::path& path, const std::string& name) {
  attach(db, uri(path, "immutable=1"), name);
}

void attach_read_only(SQLite::Database& db, const fs::path& path, const std::string& name) {
  attach(db, uri(path, "mode=ro"), name);
}

void discard_leftovers(const fs::path& path) {
  for (const char* suffix : companion_suffixes)
    if (fs::path extra = path.string() + suffix; fs::exists(fs::symlink_status(extra))) durable::remove(extra);
}

void discard_database(const fs::path& path) {
  if (fs::exists(fs::symlink_status(path))) durable::remove(path);
  discard_leftovers(path);
}

}  // namespace dfi::migrations
