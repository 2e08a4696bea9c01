// SPDX-License-Identifier: Apache-2.0
#include "base/database.hpp"

#include <SQLiteCpp/Backup.h>
#include <sqlite3.h>
#include <sys/statvfs.h>

#include <fstream>
#include <string_view>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "messages/general.hpp"

namespace dfi {
namespace {

// Nobody asks SQLite how much memory it has, and to count it takes a lock for each piece: a fifth of the time of a
// conversion while another thread makes digests. To be said before anything is opened.
[[maybe_unused]] const int without_statistics = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);

std::string uri(const std::filesystem::path& path, const char* option) {
  std::string text = "file:";
  for (const char c : std::filesystem::absolute(path).string())
    text += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
  return text + "?" + option;
}

bool on_read_only_file_system(const std::filesystem::path& path) {
  struct statvfs facts {};
  return ::statvfs(path.c_str(), &facts) == 0 && (facts.f_flag & ST_RDONLY) != 0;
}

bool keeps_a_log(const std::filesystem::path& path) {
  char head[20] = {};
  std::ifstream(path, std::ios::binary).read(head, sizeof head);
  return head[18] == 2;  // SQLite's file format, "file format write version"
}

}  // namespace

bool no_room(const SQLite::Exception& e) {
  const int code = e.getErrorCode() & 0xff;
  return code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
}

void require_room_for_index(const std::filesystem::path& path) {
  constexpr std::uintmax_t room_bytes = 1 << 16;  // twice what SQLite begins an index with
  if (!keeps_a_log(path) || std::filesystem::exists(path.string() + "-shm")) return;
  std::error_code unknown;  // then it counts as room
  if (std::filesystem::space(path, unknown).available < room_bytes)
    throw SQLite::Exception("no room for the index of the log", SQLITE_FULL);
}

// A connection in exclusive mode keeps the index of the log in its own memory.
SQLite::Database open_alone(const std::filesystem::path& path) {
  const int read_only = SQLite::OPEN_READONLY | SQLite::OPEN_URI;
  // Without a log the file is complete, and nobody has it open.
  if (!std::filesystem::exists(path.string() + "-wal")) return SQLite::Database(uri(path, "immutable=1"), read_only);
  constexpr int busy_ms = 1000;
  auto db = on_read_only_file_system(path) ? SQLite::Database(uri(path, "nolock=1"), read_only)
                                           : SQLite::Database(path.string(), SQLite::OPEN_READWRITE, busy_ms);
  sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = ON; SELECT count(*) FROM sqlite_master");
  return db;
}

void throw_database_failed(const std::filesystem::path& path, const char* reason) {
  throw Error(msg::database_failed, {{"path", path.string()}, {"reason", reason}});
}

bool is_database(const std::filesystem::path& path) {
  char magic[16] = {};
  std::ifstream(path, std::ios::binary).read(magic, sizeof magic);
  return std::string_view(magic, sizeof magic) == std::string_view("SQLite format 3\0", 16);
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
