// SPDX-License-Identifier: Apache-2.0
// One SQL conversion on one shadow: the definition's SQL in one transaction, then every proof. Internal to the engine.
#pragma once
#include "migrations/engine/kinds.hpp"
#include "migrations/engine/pace.hpp"
#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations::sqlite_kind {

struct Step {
  const Work& work;
  const Edge& edge;
  const fs::path& input;   // becomes `old`, read-only
  const fs::path& output;  // made here
  const Schema& tables;    // user-made tables, which stay as they are
  std::size_t index;       // in the part
  Pace& pace;
};

/// Makes the output, in the way of its mode, and proves it but for what finish() does. `drop` takes the users' objects
/// off a page copy first. Throws Error conversion_failed or verify_failed, or the exception of SQLite.
SQLite::Database run_step(const Step& step, const std::function<void(SQLite::Database&)>& drop);
/// Runs quick_check on the closed file.
void finish_step(const Step& step);

/// The tables of the new level, what users added (with its rows), `sql`, then indexes, triggers and views; `old` is
/// attached. Inside the caller's transaction.
void fill_fresh(SQLite::Database& db, const Edge& edge, const Schema& user_tables);
/// Users' tables of `old` as they are, with the numbers of their rows: users may have noted them.
void carry_tables(SQLite::Database& db, const Schema& tables);
/// The result of step `index` that the next step reads.
fs::path intermediate(const fs::path& shadow, std::size_t index);
/// All rows of the product's tables.
std::uintmax_t count_rows(SQLite::Database& db, const Format& format);

}  // namespace dfi::migrations::sqlite_kind
