// SPDX-License-Identifier: Apache-2.0
// One SQL conversion on one shadow: the definition's SQL in one transaction, then every proof. Internal to the engine.
#pragma once
#include "migrations/engine/kinds.hpp"
#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations::sqlite_kind {

struct StepFiles {
  const DataFile& file;
  const fs::path& input;   // becomes `old`, read-only
  const fs::path& shadow;  // what `db` is
  const Schema& tables;    // user-made tables, which stay as they are
};

/// Converts `db`, a page copy of the input without dependents. Throws Error conversion_failed or verify_failed, or the
/// exception of SQLite.
void run_step(const Edge& edge, const StepFiles& files, SQLite::Database& db);
/// The result of step `index` that the next step reads.
fs::path intermediate(const fs::path& shadow, std::size_t index);
/// All rows of the product's tables.
std::uintmax_t count_rows(SQLite::Database& db, const Format& format);

}  // namespace dfi::migrations::sqlite_kind
