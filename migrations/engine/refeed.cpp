// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/refeed.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <map>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "messages/conversion.hpp"
#include "messages/feed.hpp"
#include "messages/reason.hpp"
#include "migrations/engine/dependents.hpp"
#include "migrations/engine/file_digest.hpp"
#include "migrations/engine/passing_on.hpp"
#include "migrations/engine/record_reader.hpp"
#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations {
namespace {

Error not_fed(const DataFile& file, const Message& reason) {
  return because(msg::refeed_failed, {{"file", file.name}, {"path", file.path.string()}}, {reason});
}

class Counter : public PassingOn {
 public:
  using PassingOn::PassingOn;
  void refused(const Refusal& refusal) override {
    ++count_;
    PassingOn::refused(refusal);
  }
  std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
};

/// Whole records only: what hangs over would be lost without a word.
void require_whole_records(const DataFile& file, const fs::path& rejects, const records::RecordFormat& format) {
  const auto bytes = fs::file_size(rejects), rest = bytes % format.length;
  if (rest == 0) return;
  throw Error(msg::rejects_ragged, {{"path", rejects.string()},
                                    {"file", file.name},
                                    {"bytes", std::to_string(bytes)},
                                    {"length", std::to_string(format.length)},
                                    {"records", std::to_string(bytes / format.length)},
                                    {"rest", std::to_string(rest)}});
}

/// All of them, so that one repair is enough.
Catalogue::Result convert_rejects(const DataFile& file, const fs::path& rejects, const std::vector<Part>& parts,
                                  const fs::path& made, const std::string& digest, Policy policy,
                                  Supervisor& supervisor) {
  policy.collect = true;
  Counter counter(supervisor);
  auto result = convert_parts({file.name, rejects}, parts, made, digest, policy, counter);
  if (counter.count() > 0)
    throw Error(msg::rejects_still_bad,
                {{"path", rejects.string()}, {"file", file.name}, {"count", std::to_string(counter.count())}});
  return result;
}

/// What is fed, and of which file it was made: as none was refused, each record has there the number that it has here;
/// only a program of the release may have put them into another order.
struct Fed {
  const fs::path& records;
  const fs::path& rejects;
  bool same_order;
  std::string number(std::uint64_t record) const { return same_order ? std::to_string(record) : "–"; }
};

bool keep_order(const std::vector<Part>& parts) {
  return std::none_of(parts.begin(), parts.end(),
                      [](const Part& part) { return part.edges.front().conversion->kind == PassKind::external; });
}

/// The keys, with the numbers of their records.
std::map<std::string, std::string> keys_of(const DataFile& file, const Fed& fed, const records::RecordFormat& format) {
  std::map<std::string, std::string> keys;
  for (RecordReader reader(fed.records, format); reader.has_record(); reader.next()) {
    const auto number = fed.number(reader.number());
    const Args where{{"record", number}, {"path", fed.rejects.string()}};
    if (!reader.readable()) throw not_fed(file, {msg::fed_unreadable, where});
    if (!reader.key().empty() && !keys.emplace(reader.key(), number).second)
      throw not_fed(file, {msg::fed_twice, where});
  }
  return keys;
}

/// Both in the order of their keys: the fed records go where they belong, else behind the last.
void merge_records(const DataFile& file, const Format& target, const Fed& fed, const fs::path& shadow) {
  const auto& format = *target.record;
  const auto keys = keys_of(file, fed, format);
  const bool sorted = in_key_order(file.path, format) && in_key_order(fed.records, format);
  RecordReader old(file.path, format), more(fed.records, format);
  durable::AtomicFile out(shadow, 0600);
  auto take = [&](RecordReader& from) {
    out.write(from.record());
    from.next();
  };
  while (old.has_record() || more.has_record()) {
    if (const auto twin = old.has_record() ? keys.find(old.key()) : keys.end(); twin != keys.end())
      throw Error(msg::rejects_there, {{"file", file.name},
                                       {"record", std::to_string(old.number())},
                                       {"path", fed.rejects.string()},
                                       {"fed", twin->second}});
    if (!more.has_record() || (old.has_record() && (!sorted || old.key() < more.key())))
      take(old);
    else
      take(more);
  }
  out.commit();
}

bool same_name(const std::string& a, const std::string& b) { return sqlite3_stricmp(a.c_str(), b.c_str()) == 0; }

/// Whether a load made rows of this table and none of its rules said a value for this column.
bool left_to_the_table(const std::vector<Part>& parts, const std::string& table, const std::string& column) {
  bool made = false;
  for (const auto& part : parts)
    for (const auto& edge : part.edges)
      for (const auto& row : edge.conversion->step.rows) {
        if (!same_name(row.table, table)) continue;
        const auto says = [&](const auto& named) { return same_name(named, column); };
        const auto& fields = edge.conversion->step.from->fields;
        if (std::any_of(row.map.begin(), row.map.end(), [&](const auto& each) { return says(each.target); }) ||
            std::any_of(fields.begin(), fields.end(), [&](const auto& field) { return says(field.name); }))
          return false;
        made = true;
      }
  return made;
}

/// The number that SQLite itself gives a row, empty if this table has no column for it.
std::string number_column(SQLite::Database& db, const std::string& table) {
  SQLite::Statement keys(db, "SELECT name, upper(type) FROM pragma_table_info(?, 'main') WHERE pk > 0");
  keys.bind(1, table);
  if (!keys.executeStep() || keys.getColumn(1).getString() != "INTEGER") return "";
  auto name = keys.getColumn(0).getString();
  return keys.executeStep() ? "" : name;
}

/// What the table numbers itself gets new numbers: those of the fed rows begin at 1 again.
std::string fed_columns(SQLite::Database& db, const std::vector<Part>& parts, const std::string& table) {
  const auto number = number_column(db, table);
  const bool renumber = !number.empty() && left_to_the_table(parts, table, number);
  std::string list;
  for (const auto& column : columns_of_table(db, table))
    if (!renumber || column != number) list += (list.empty() ? "" : ", ") + quote_name(column);
  return list;
}

/// One table; neither the schema's ON CONFLICT nor a user's trigger may drop or replace a row.
void merge_table(const DataFile& file, SQLite::Database& db, const std::vector<Part>& parts, const std::string& name) {
  const auto table = quote_name(name), columns = fed_columns(db, parts, name);
  const auto rows = [&](const char* schema) {
    return db.execAndGet(fmt::format("SELECT count(*) FROM {}.{}", schema, table)).getInt64();
  };
  const auto before = rows("main");
  db.exec(fmt::format("INSERT OR ABORT INTO main.{0}({1}) SELECT {1} FROM fed.{0}", table, columns));
  if (rows("main") != before + rows("fed")) throw not_fed(file, {msg::fed_in_part, {{"table", name}}});
}

void merge_into(const DataFile& file, const Format& target, const fs::path& fed, const std::vector<Part>& parts,
                const fs::path& shadow) {
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
    if (object.type == "table") merge_table(file, db, parts, object.name);
  if (violations() > before) throw not_fed(file, {msg::fed_without_parent, {}});
  const auto back = restore_dependents(db, users, {});
  if (!back.failed.empty())
    throw not_fed(file, quoted(fmt::format("{}: {}", back.failed.front().object.name, back.failed.front().reason)));
  durable::announce("commit fed rows", shadow);
  transaction.commit();
  db.exec("DETACH fed");
  if (auto fault = one_text(db, "PRAGMA quick_check(1)"); fault != "ok") throw not_fed(file, quoted(fault));
}

void merge_tables(const DataFile& file, const Format& target, const fs::path& fed, const std::vector<Part>& parts,
                  const fs::path& shadow) {
  HeldFile held(file);
  const auto journal_mode = one_text(held.database(), "PRAGMA journal_mode");
  discard_database(shadow);
  try {
    copy_pages(file.path, shadow);
    merge_into(file, target, fed, parts, shadow);
    open_shadow(shadow).exec("PRAGMA main.journal_mode = " + journal_mode);
  } catch (const SQLite::Exception& e) {
    discard_database(shadow);
    throw not_fed(file, quoted(e.what()));
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
  if (target.kind != Kind::records && target.kind != Kind::sqlite) throw not_fed(file, {msg::fed_no_records, {}});
  fingerprint(file, {&target}, target.level);
  const auto& rejected = parts.empty() ? target : *parts.front().edges.front().from;
  if (rejected.record) require_whole_records(file, rejects, *rejected.record);
  durable::make_directories(shadow.parent_path(), 0700);
  const fs::path made = shadow.string() + ".fed";
  Catalogue::Result result;
  if (!parts.empty()) result = convert_rejects(file, rejects, parts, made, digest, policy, supervisor);
  result.rows_before = rows_of(file.path, target);
  result.bytes_before = fs::file_size(file.path);
  // Brought to rest first: whoever writes from here on is found by this digest.
  if (target.kind == Kind::sqlite) HeldFile at_rest(file);
  result.input_digest = file_digest(file.path, block_bytes);
  const auto& fed = parts.empty() ? rejects : made;
  if (target.kind == Kind::sqlite)
    merge_tables(file, target, fed, parts, shadow);
  else
    merge_records(file, target, {fed, rejects, keep_order(parts)}, shadow);
  if (!parts.empty()) discard_database(made);
  durable::copy_attributes(file.path, shadow);
  durable::sync_file(shadow);
  result.rows_after = rows_of(shadow, target);
  result.bytes_after = fs::file_size(shadow);
  result.output_digest = file_digest(shadow, block_bytes);
  return result;
}

}  // namespace dfi::migrations
