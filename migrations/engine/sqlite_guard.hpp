// SPDX-License-Identifier: Apache-2.0
// What the SQL of a definition may do: its transaction, settings and files are the engine's. Internal to the engine.
#pragma once
#include <functional>
#include <string>

#include "migrations/engine/definition.hpp"
#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations::sqlite_kind {

enum class Allow {
  changes,        // of a shadow: everything but transactions, settings and other files
  metadata,       // of the file itself: columns added and renamed, views and triggers
  metadata_back,  // the same and DROP COLUMN: only what takes a change back may lose something
  queries,
};
/// How a conversion of this kind may work.
Allow allowed(PassKind kind);

/// Throws SQLite::Exception; what was refused stands in its text.
void run_sql(SQLite::Database& db, const std::string& sql, Allow allow);
/// Tells each row a check brings up, as text; how many there are.
std::uint64_t offending_rows(SQLite::Database& db, const Check& check, const std::function<void(std::string)>& tell);

}  // namespace dfi::migrations::sqlite_kind
