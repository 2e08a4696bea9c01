// SPDX-License-Identifier: Apache-2.0
// SQLite data files as files: looking at one without a trace, holding one still, copying it, and its schema as a list
// of comparable objects. Internal to the engine.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/database.hpp"
#include "migrations/engine/engine.hpp"

namespace dfi::migrations {

/// A table, view, index or trigger of sqlite_master; SQLite's own ones are left out.
struct SchemaObject {
  std::string type, name, sql;
  std::string id;      // type and name, comparable
  std::string normal;  // sql, comparable: no comments, spaces, letter cases, needless quotes
};
using Schema = std::vector<SchemaObject>;  // in the order of creation

std::vector<std::string> sql_tokens(const std::string& sql);
std::string normalise_sql(const std::string& sql);
std::string quote_name(const std::string& name);
Schema read_schema(SQLite::Database& db);
/// The schema that a format's SQL makes.
Schema schema_of(const std::string& sql);
/// Names of the columns of a table or view, in their order; empty if there is none of this name.
std::vector<std::string> columns_of_table(SQLite::Database& db, const std::string& table);
const SchemaObject* find_object(const Schema& schema, const std::string& id);
/// AUTOINCREMENT promises that a number never comes again, also one whose row is gone: the next row of this table gets
/// a higher one than `highest`. Nothing to do for a table without.
void keep_number(SQLite::Database& db, const SchemaObject& table, std::int64_t highest);

/// By its header, the only journal mode a file has of its own.
bool is_wal_file(const fs::path& path);
/// Opens to look only: no -wal or -shm appears, no lock stays. A hot journal left by a crash is rolled back.
SQLite::Database look_at(const fs::path& path);
std::int64_t user_version(SQLite::Database& db);
std::string one_text(SQLite::Database& db, const std::string& sql);

/// A data file that nobody can write to while this lives. The constructor rolls a hot journal back and brings the WAL
/// into the main file, so that this one is complete alone. Throws Error data_file_busy.
class HeldFile {
 public:
  explicit HeldFile(const DataFile& file);
  ~HeldFile();
  SQLite::Database& database() { return db_; }

 private:
  SQLite::Database db_;
};
[[noreturn]] void throw_busy(const DataFile& file, const std::string& reason);

/// Writes a page copy into a file that this call creates. Reads by a connection of its own: SQLite copies nothing from
/// one that is inside a write transaction, as that of HeldFile is.
/// Tells the share that is done.
void copy_pages(const fs::path& from, const fs::path& target, const std::function<void(double)>& tell = {});
/// Opens a shadow for work: journal in memory, no syncs; whoever finishes it must sync it.
SQLite::Database open_shadow(const fs::path& path);
/// Creates an empty shadow with the page size, encoding and marks of `like`, without a journal.
SQLite::Database create_shadow(const fs::path& path, const fs::path& like);
/// From now on SQL cannot harm the file format.
void defend(SQLite::Database& db);
/// Opens a database that is complete and that nobody writes to: no lock, no trace.
SQLite::Database open_complete(const fs::path& path);
/// The same for one beside another.
void attach_complete(SQLite::Database& db, const fs::path& path, const std::string& name);
void attach_read_only(SQLite::Database& db, const fs::path& path, const std::string& name);
/// Removes a database file with its -wal, -shm and -journal. Nothing there is no error.
void discard_database(const fs::path& path);
void discard_leftovers(const fs::path& path);

}  // namespace dfi::migrations
