// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/refeed.hpp"

#include <fmt/core.h>

#include <set>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "messages/conversion.hpp"
#include "migrations/engine/dependents.hpp"
#include "migrations/engine/file_digest.hpp"
#include "migrations/engine/record_reader.hpp"
#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations {
namespace {

Error not_fed(const DataFile& file, const std::string& reason) {
  return Error(msg::refeed_failed, {{"file", file.name}, {"path", file.path.string()}, {"reason", reason}});
}

/// Whole records only: what hangs over would be lost without a word.
void require_whole_records(const DataFile& file, const fs::path& path, const records::RecordFormat& format) {
  const auto bytes = fs::file_size(path);
  if (bytes % format.length != 0)
    throw not_fed(file, fmt::format("{} has {} bytes, no multiple of {}", path.string(), bytes, format.length));
}

std::set<std::string> keys_of(const DataFile& file, const fs::path& fed, const records::RecordFormat& format) {
  std::set<std::string> keys;
  for (RecordReader reader(fed, format); reader.has_record(); reader.next()) {
    if (!reader.readable())
      throw not_fed(file, fmt::format("record {} of those to feed cannot be read", reader.number()));
    if (!reader.key().empty() && !keys.insert(reader.key()).second)
      throw not_fed(file, fmt::format("record {} of those to feed has the key of one before", reader.number()));
  }
  return keys;
}

/// Both in the order of their keys: the fed records go where they belong, else behind the last.
void merge_records(const DataFile& file, const Format& target, const fs::path& fed, const fs::path& shadow) {
  const auto& format = *target.record;
  require_whole_records(file, file.path, format);
  require_whole_records(file, fed, format);
  const auto keys = keys_of(file, fed, format);
  const bool sorted = in_key_order(file.path, format) && in_key_order(fed, format);
  RecordReader old(file.path, format), more(fed, format);
  durable::AtomicFile out(shadow, 0600);
  auto take = [&](RecordReader& from) {
    out.write(from.record());
    from.next();
  };
  while (old.has_record() || more.has_record()) {
    if (old.has_record() && keys.count(old.key()))
      throw not_fed(file, fmt::format("record {} of the file has the key of one to feed", old.number()));
    if (!more.has_record() || (old.has_record() && (!sorted || old.key() < more.key())))
      take(old);
    else
      take(more);
  }
  out.commit();
}

/// One table; neither the schema's ON CONFLICT nor a user's trigger may drop or replace a row.
void merge_table(const DataFile& file, SQLite::Database& db, const std::string& table) {
  const auto rows = [&](const char* schema) {
    return db.execAndGet(fmt::format("SELECT count(*) FROM {}.{}", schema, table)).getInt64();
  };
  const auto before = rows("main");
  db.exec(fmt::format("INSERT OR ABORT INTO main.{0} SELECT * FROM fed.{0}", table));
  if (rows("main") != before + rows("fed")) throw not_fed(file, fmt::format("table {} did not take every row", table));
}

void merge_into(const DataFile& file, const Format& target, const fs::path& fed, const fs::path& shadow) {
  auto db = open_shadow(shadow);
  attach_read_only(db, fed, "fed");
  const auto shipped = schema_of(target.schema);
  const auto users = user_dependents(db, shipped);
  drop_dependents(db, users);
  // Rows may stand before those they refer to; afterwards no violation may be there that was not there before.
  const auto violations = [&] { return db.execAndGet("SELECT count(*) FROM pragma_foreign_key_check").getInt64(); };
  const auto before = violations();
  SQLite::Transaction transaction(db);
  for (const auto& object : shipped)
    if (object.type == "table") merge_table(file, db, quote_name(object.name));
  if (violations() > before) throw not_fed(file, "a foreign key would be violated");
  const auto back = restore_dependents(db, users, {});
  if (!back.failed.empty())
    throw not_fed(file, fmt::format("{}: {}", back.failed.front().object.name, back.failed.front().reason));
  durable::announce("commit fed rows", shadow);
  transaction.commit();
  db.exec("DETACH fed");
  if (auto fault = one_text(db, "PRAGMA quick_check(1)"); fault != "ok") throw not_fed(file, fault);
}

void merge_tables(const DataFile& file, const Format& target, const fs::path& fed, const fs::path& shadow) {
  HeldFile held(file);
  const auto journal_mode = one_text(held.database(), "PRAGMA journal_mode");
  discard_database(shadow);
  try {
    copy_pages(file.path, shadow);
    merge_into(file, target, fed, shadow);
    open_shadow(shadow).exec("PRAGMA main.journal_mode = " + journal_mode);
  } catch (const SQLite::Exception& e) {
    discard_database(shadow);
    throw not_fed(file, e.what());
  } catch (...) {
    discard_database(shadow);
    throw;
  }
  discard_leftovers(shadow);
}

std::uint64_t rows_of(const fs::path& path, const Format& format) {
  return format.kind == Kind::records ? fs::file_size(path) / format.record->length
                                      : sqlite_kind::count_rows(path, format);
}

}  // namespace

Catalogue::Result refeed_file(const DataFile& file, const Format& target, const fs::path& rejects,
                              const std::vector<Part>& parts, const fs::path& shadow, const std::string& digest,
                              const Policy& policy, Supervisor& supervisor) {
  constexpr std::size_t block_bytes = 1 << 20;
  if (target.kind != Kind::records && target.kind != Kind::sqlite)
    throw not_fed(file, "its format level has no records");
  fingerprint(file, {&target}, target.level);
  durable::make_directories(shadow.parent_path(), 0700);
  const fs::path made = shadow.string() + ".fed";
  Catalogue::Result result;
  if (!parts.empty()) result = convert_parts({file.name, rejects}, parts, made, digest, policy, supervisor);
  result.rows_before = rows_of(file.path, target);
  result.bytes_before = fs::file_size(file.path);
  // Brought to rest first: whoever writes from here on is found by this digest.
  if (target.kind == Kind::sqlite) HeldFile at_rest(file);
  result.input_digest = file_digest(file.path, block_bytes);
  const auto& fed = parts.empty() ? rejects : made;
  if (target.kind == Kind::sqlite)
    merge_tables(file, target, fed, shadow);
  else
    merge_records(file, target, fed, shadow);
  if (!parts.empty()) discard_database(made);
  durable::copy_attributes(file.path, shadow);
  durable::sync_file(shadow);
  result.rows_after = rows_of(shadow, target);
  result.bytes_after = fs::file_size(shadow);
  result.output_digest = file_digest(shadow, block_bytes);
  return result;
}

}  // namespace dfi::migrations
