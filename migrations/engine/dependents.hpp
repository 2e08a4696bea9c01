// SPDX-License-Identifier: Apache-2.0
// What users put on a data file (IBM word: logical files): found, saved, taken off the shadow, put back and proven.
// Internal to the engine.
#pragma once
#include <string>
#include <vector>

#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations {

struct Restored {
  std::vector<std::string> names;
  /// The first one that could not be put back, if any, and why.
  std::vector<SchemaObject> failed;
  std::string reason;
};

/// Views, indexes and triggers that `shipped` does not have, or has with another statement.
Schema user_dependents(SQLite::Database& db, const Schema& shipped);
/// Why SQLite cannot compile its use; empty if it can.
std::string why_unusable(SQLite::Database& db, const SchemaObject& object);
/// One SQL file which puts all of them back by hand.
void save_dependents(const Schema& dependents, const std::string& file, const fs::path& path);
void drop_dependents(SQLite::Database& db, const Schema& dependents);
/// Creates and proves each, again and again until nothing more succeeds: they may stand on each other. What was already
/// `broken` before the conversion is only put back.
Restored restore_dependents(SQLite::Database& db, const Schema& dependents, const std::vector<std::string>& broken);

}  // namespace dfi::migrations
