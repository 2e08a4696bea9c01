// SPDX-License-Identifier: Apache-2.0
// What users put on a data file (IBM word: logical files): found, saved, taken off the shadow, put back and proven.
// Internal to the engine.
#pragma once
#include <string>
#include <vector>

#include "migrations/engine/kinds.hpp"
#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations {

struct Restored {
  std::vector<std::string> names;
  struct Failed {
    SchemaObject object;
    std::string reason;
  };
  std::vector<Failed> failed;  // could not be put back
};

/// Views, indexes and triggers that `shipped` does not have, or has with another statement.
Schema user_dependents(SQLite::Database& db, const Schema& shipped);
/// The users' work on a file.
struct Foreign {
  Schema dependents, tables;
  std::vector<std::string> broken;  // ids of dependents that do not work, before anything is done
};
Foreign find_foreign(SQLite::Database& db, const Schema& shipped);
/// Why SQLite cannot compile its use; empty if it can.
std::string why_unusable(SQLite::Database& db, const SchemaObject& object);
/// Where they are saved as SQL.
fs::path saved_statements(const Work& work);
/// Finds and saves them before anything is done. Throws dependents_unwanted if the policy wants none.
Foreign take_stock(const Work& work, SQLite::Database& db);
/// `saved`: where all statements are.
[[noreturn]] void throw_dependent_failed(const DataFile& file, const Conversion& conversion,
                                         const Restored::Failed& failed, const fs::path& saved);
/// If the policy collects, tells the Supervisor what cannot be put back; else throws the first.
void report_failed(const Work& work, const Conversion& conversion, const std::vector<Restored::Failed>& failed,
                   const fs::path& saved);
/// Puts them back into what the part made, as the policy says, and notes that in the result.
void put_back(const Work& work, const Foreign& foreign, SQLite::Database& db, Catalogue::Result& result);
/// One SQL file which puts all of them back by hand.
void save_dependents(const Schema& dependents, const std::string& file, const fs::path& path);
void drop_dependents(SQLite::Database& db, const Schema& dependents);
/// Creates and proves each, again and again until nothing more succeeds: they may stand on each other. What was already
/// `broken` before the conversion is only put back.
Restored restore_dependents(SQLite::Database& db, const Schema& dependents, const std::vector<std::string>& broken);

}  // namespace dfi::migrations
