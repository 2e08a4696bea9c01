// SPDX-License-Identifier: Apache-2.0
// SQLite data files: level, creation and the frame of a conversion. The work on the shadow itself is in
// sqlite_step.cpp.
#include <fmt/core.h>
#include <sqlite3.h>

#include <cerrno>
#include <fstream>

#include "base/database.hpp"
#include "base/durable.hpp"
#include "messages/conversion.hpp"
#include "migrations/engine/dependents.hpp"
#include "migrations/engine/kinds.hpp"
#include "migrations/engine/sqlite_step.hpp"

namespace dfi::migrations::sqlite_kind {
namespace {

/// The user's work on the file, as it was before the first step.
struct Foreign {
  Schema dependents, tables;
  std::vector<std::string> broken;
};

Foreign find_foreign(SQLite::Database& db, const Format& format) {
  auto shipped = schema_of(format.schema);
  Foreign foreign;
  foreign.dependents = user_dependents(db, shipped);
  for (const auto& object : foreign.dependents)
    if (!why_unusable(db, object).empty()) foreign.broken.push_back(object.id);
  for (auto& object : read_schema(db))
    if (object.type == "table" && !find_object(shipped, object.id)) foreign.tables.push_back(std::move(object));
  return foreign;
}

std::vector<std::string> put_back(SQLite::Database& db, const DataFile& file, const Edges& edges,
                                  const Foreign& foreign, const fs::path& saved) {
  durable::announce("re-create dependents", saved);
  SQLite::Transaction transaction(db);
  auto restored = restore_dependents(db, foreign.dependents, foreign.broken);
  if (!restored.failed.empty()) {
    const auto& object = restored.failed.front();
    throw Error(msg::dependent_failed, {{"type", object.type},
                                        {"name", object.name},
                                        {"file", file.name},
                                        {"path", file.path.string()},
                                        {"conversion", edges.back().conversion->name},
                                        {"reason", restored.reason},
                                        {"sql", object.sql},
                                        {"saved", saved.string()}});
  }
  transaction.commit();
  return restored.names;
}

/// The steps one after the other, each with the result of the one before as its `old`; the last one makes `shadow`.
Catalogue::Result run_steps(const Work& work) {
  const auto& file = work.file;
  const auto& edges = work.edges;
  HeldFile held({file.name, work.input});
  const fs::path saved = work.shadow.string() + ".dependents.sql";
  auto journal_mode = one_text(held.database(), "PRAGMA journal_mode");
  auto foreign = find_foreign(held.database(), *edges.front().from);
  if (!foreign.dependents.empty()) save_dependents(foreign.dependents, file.name, saved);
  Catalogue::Result result;
  fs::path input = work.input;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    bool first = i == 0, last = i + 1 == edges.size();
    const fs::path output = last ? work.output : intermediate(work.output, i);
    copy_pages(input, output);
    auto db = open_shadow(output);
    if (first) drop_dependents(db, foreign.dependents);
    if (first) result.rows_before = count_rows(db, *edges[i].from);
    run_step(edges[i], {file, input, output, foreign.tables}, db);
    if (last) {
      result.rows_after = count_rows(db, *edges[i].to);
      result.recreated = put_back(db, file, edges, foreign, saved);
      db.exec("PRAGMA main.journal_mode = " + journal_mode);
    }
    input = output;
  }
  return result;
}

void discard_all(const fs::path& shadow, std::size_t steps) {
  discard_database(shadow);
  for (std::size_t i = 0; i < steps; ++i) discard_database(intermediate(shadow, i));
}

[[noreturn]] void rethrow(const SQLite::Exception& e, const DataFile& file, const Edges& edges,
                          const fs::path& shadow) {
  auto code = e.getErrorCode() & 0xff;
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) throw_busy(file, e.what());
  if (code == SQLITE_FULL) throw os_error("write", shadow, ENOSPC);
  throw conversion_failed(*edges.front().conversion, file, e.what());
}

}  // namespace

bool is_database(const fs::path& path) {
  char magic[16] = {};
  std::ifstream(path, std::ios::binary).read(magic, sizeof magic);
  return std::string_view(magic, sizeof magic) == std::string_view("SQLite format 3\0", 16);
}

std::uint64_t count_rows(const fs::path& path, const Format& format) {
  auto db = look_at(path);
  return with_database(path, [&] { return count_rows(db, format); });
}

std::vector<std::string> columns_of(const Format& format, const std::string& table) {
  SQLite::Database db(":memory:", SQLite::OPEN_READWRITE);
  db.exec(format.schema);
  std::vector<std::string> columns;
  SQLite::Statement query(db, "SELECT name FROM pragma_table_info(?)");
  query.bind(1, table);
  while (query.executeStep()) columns.push_back(query.getColumn(0).getString());
  return columns;
}

int level_of(const DataFile& file, const Formats& formats) {
  auto db = look_at(file.path);
  return with_database(file.path, [&] {
    const auto& format = known_format(file, formats, user_version(db), "its user_version");
    auto found = read_schema(db);
    for (const auto& object : schema_of(format.schema)) {
      if (object.type != "table") continue;
      const auto* there = find_object(found, object.id);
      if (!there || there->normal != object.normal)
        throw level_unknown(file, formats,
                            fmt::format("its user_version says {}, but table {} is {}", format.level, object.name,
                                        there ? "not the one of this level" : "missing"));
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

Catalogue::Result convert(const Work& work) {
  const auto& output = work.output;
  const auto steps = work.edges.size();
  discard_all(output, steps);
  durable::remove(work.shadow.string() + ".dependents.sql");
  Catalogue::Result result;
  try {
    result = run_steps(work);
  } catch (...) {
    // Half a shadow is of no use and may fill the disk. The saved statements stay: the report names them.
    std::error_code ignored;
    for (std::size_t i = 0; i < steps; ++i) fs::remove(intermediate(output, i), ignored);
    fs::remove(output, ignored);
    try {
      throw;
    } catch (const SQLite::Exception& e) {
      rethrow(e, work.file, work.edges, output);
    }
  }
  for (std::size_t i = 0; i + 1 < steps; ++i) discard_database(intermediate(output, i));
  discard_leftovers(output);
  durable::sync_file(output);
  return result;
}

}  // namespace dfi::migrations::sqlite_kind
