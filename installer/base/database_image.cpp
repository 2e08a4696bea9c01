// SPDX-License-Identifier: Apache-2.0
#include "base/database_image.hpp"

#include <SQLiteCpp/Backup.h>
#include <sqlite3.h>

#include <memory>
#include <new>

namespace dfi {

namespace {

SQLite::Database open_for_copy(const std::filesystem::path& path) {
  try {
    require_room_for_index(path);
    auto source = open_database(path, Access::read_only);
    source.exec("SELECT count(*) FROM sqlite_master");
    return source;
  } catch (const SQLite::Exception& e) {
    if (!no_room(e)) throw;
    return open_alone(path);
  }
}

}  // namespace

SQLite::Database database_in_memory(const std::filesystem::path& path) {
  return with_database(path, [&] {
    auto source = open_for_copy(path);
    SQLite::Database copy(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    SQLite::Backup backup(copy, source);
    // The whole file in one step, so that no writer comes between; the busy time-out waits for the lock.
    if (backup.executeStep(-1) != SQLITE_DONE) throw_database_failed(path, "is locked by another process");
    return copy;
  });
}

std::string database_image(SQLite::Database& database) {
  database.exec("VACUUM");
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, decltype(&sqlite3_free)> bytes(
      sqlite3_serialize(database.getHandle(), "main", &size, 0), sqlite3_free);
  if (!bytes) throw std::bad_alloc();
  std::string image(reinterpret_cast<const char*>(bytes.get()), static_cast<std::size_t>(size));
  // Bytes 18 and 19 of a copied header may ask for a write-ahead log, which a reader on a read-only medium cannot have.
  if (image.size() > 19) image[18] = image[19] = 1;
  return image;
}

}  // namespace dfi
