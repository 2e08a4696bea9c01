// SPDX-License-Identifier: Apache-2.0
// SQLite data files: level, dependents and creation. Their conversion is in sqlite_convert.cpp and sqlite_step.cpp.
#include <fmt/core.h>

#include "base/database.hpp"
#include "base/durable.hpp"
#include "messages/reason.hpp"
#include "migrations/engine/dependents.hpp"
#include "migrations/engine/kinds.hpp"
#include "migrations/engine/sqlite_step.hpp"

namespace dfi::migrations::sqlite_kind {
std::uint64_t count_rows(const fs::path& path, const Format& format) {
  auto db = look_at(path);
  return with_database(path, [&] { return count_rows(db, format); });
}

std::vector<std::string> columns_of(const Format& format, const std::string& table) {
  SQLite::Database db(":memory:", SQLite::OPEN_READWRITE);
  db.exec(format.schema);
  return columns_of_table(db, table);
}

int level_of(const DataFile& file, const Formats& formats) {
  auto db = look_at(file.path);
  return with_database(file.path, [&] {
    const auto& format = known_format(file, formats, user_version(db), "user_version");
    auto found = read_schema(db);
    for (const auto& object : schema_of(format.schema)) {
      if (object.type != "table") continue;
      const auto* there = find_object(found, object.id);
      if (!there || there->normal != object.normal)
        throw level_unknown(file, formats,
                            {{there ? msg::level_table_other : msg::level_table_missing,
                              {{"level", std::to_string(format.level)}, {"table", object.name}}}});
    }
    return format.level;
  });
}

std::vector<Dependent> dependents(const DataFile& file, const Format& format) {
  auto db = look_at(file.path);
  return with_database(file.path, [&] {
    std::vector<Dependent> result;
    for (const auto& object : user_dependents(db, schema_of(format.schema)))
      result.push_back({file.name, object.type, object.name, object.sql});
    return result;
  });
}

void create(const fs::path& path, const Format& format) {
  const fs::path fresh = path.parent_path() / ("." + path.filename().string() + ".new");
  discard_database(fresh);
  // A stray -wal would be taken for a part of the new file.
  discard_leftovers(path);
  durable::announce("create database", path);
  with_database(path, [&] {
    auto db = open_database(fresh, Access::create);
    db.exec("PRAGMA journal_mode = " + format.journal_mode);
    SQLite::Transaction transaction(db);
    db.exec(format.schema);
    db.exec(fmt::format("PRAGMA user_version = {}", format.level));
    transaction.commit();
  });
  durable::set_mode(fresh, 0640);
  durable::sync_file(fresh);
  durable::hard_link(fresh, path);
  durable::remove(fresh);
}

}  // namespace dfi::migrations::sqlite_kind
