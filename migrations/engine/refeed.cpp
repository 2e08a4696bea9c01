// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/refeed.hpp"

#include <fmt/core.h>

#include <set>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "messages/conversion.hpp"
#include "migrations/engine/record_reader.hpp"
#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations {
namespace {

Error not_fed(const DataFile& file, const std::string& reason) {
  return Error(msg::refeed_failed, {{"file", file.name}, {"path", file.path.string()}, {"reason", reason}});
}

std::set<std::string> keys_of(const DataFile& file, const fs::path& fed, const records::RecordFormat& format) {
  std::set<std::string> keys;
  for (RecordReader reader(fed, format); reader.has_record(); reader.next())
    if (!reader.key().empty() && !keys.insert(reader.key()).second)
      throw not_fed(file, fmt::format("record {} of those to feed has the key of one before", reader.number()));
  return keys;
}

/// Both in the order of their keys: the fed records go where they belong, else behind the last.
std::uint64_t merge_records(const DataFile& file, const Format& target, const fs::path& fed, const fs::path& shadow) {
  const auto& format = *target.record;
  const auto keys = keys_of(file, fed, format);
  const bool sorted = in_key_order(file.path, format) && in_key_order(fed, format);
  RecordReader old(file.path, format), more(fed, format);
  durable::AtomicFile out(shadow, 0600);
  std::uint64_t written = 0;
  auto take = [&](RecordReader& from) {
    out.write(from.record());
    ++written;
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
  return written;
}

std::uint64_t merge_tables(const DataFile& file, const Format& target, const fs::path& fed, const fs::path& shadow) {
  HeldFile held(file);
  const auto journal_mode = one_text(held.database(), "PRAGMA journal_mode");
  discard_database(shadow);
  copy_pages(file.path, shadow);
  try {
    auto db = open_shadow(shadow);
    attach_read_only(db, fed, "fed");
    // Rows may stand before those they refer to; afterwards no violation may be there that was not there before.
    const auto violations = [&] { return db.execAndGet("SELECT count(*) FROM pragma_foreign_key_check").getInt64(); };
    const auto before = violations();
    SQLite::Transaction transaction(db);
    for (const auto& object : schema_of(target.schema))
      if (object.type == "table")
        db.exec(fmt::format("INSERT INTO main.{0} SELECT * FROM fed.{0}", quote_name(object.name)));
    if (violations() > before) throw not_fed(file, "a foreign key would be violated");
    durable::announce("commit fed rows", shadow);
    transaction.commit();
    db.exec("DETACH fed");
    if (auto fault = one_text(db, "PRAGMA quick_check(1)"); fault != "ok") throw not_fed(file, fault);
    db.exec("PRAGMA main.journal_mode = " + journal_mode);
  } catch (const SQLite::Exception& e) {
    discard_database(shadow);
    throw not_fed(file, e.what());
  }
  discard_leftovers(shadow);
  return sqlite_kind::count_rows(shadow, target);
}

}  // namespace

Catalogue::Result refeed_file(const DataFile& file, const Format& target, const fs::path& rejects,
                              const std::vector<Part>& parts, const fs::path& shadow, const std::string& digest,
                              const Policy& policy, Supervisor& supervisor) {
  if (target.kind != Kind::records && target.kind != Kind::sqlite)
    throw not_fed(file, "its format level has no records");
  durable::make_directories(shadow.parent_path(), 0700);
  fs::path fed = rejects;
  Catalogue::Result result;
  if (!parts.empty()) {
    fed = shadow.string() + ".fed";
    result = convert_parts({file.name, rejects}, parts, fed, digest, policy, supervisor);
  }
  result.rows_before = result.rows_after;
  result.bytes_before = fs::file_size(file.path);
  const bool tables = target.kind == Kind::sqlite;
  result.rows_after = tables ? merge_tables(file, target, fed, shadow) : merge_records(file, target, fed, shadow);
  if (!parts.empty()) discard_database(fed);
  durable::copy_attributes(file.path, shadow);
  durable::sync_file(shadow);
  result.bytes_after = fs::file_size(shadow);
  return result;
}

}  // namespace dfi::migrations
