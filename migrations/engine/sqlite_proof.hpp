// SPDX-License-Identifier: Apache-2.0
// What shows that a SQLite file is what a conversion was to make. Internal to the engine.
#pragma once
#include "migrations/engine/kinds.hpp"
#include "migrations/engine/pace.hpp"
#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations::sqlite_kind {

/// The definition's checks. Throws verify_failed at the first that brings up rows; if the policy collects, all rows of
/// all checks go to the Supervisor instead.
void run_checks(const Edge& edge, const Work& work, SQLite::Database& db);
/// What makes the schema differ from that of the level, or nothing. `tables`: of users, which may be there, too.
Reasons schema_fault(SQLite::Database& db, const Format& format, const Schema& tables);
/// A foreign key of `main` that is violated more often than in `old`, or nothing. Without `old`: at all.
Reasons foreign_key_fault(SQLite::Database& db, bool has_old);
/// quick_check of a closed file, on a thread of its own; "ok" or what is wrong.
std::string quick_check(const fs::path& path, Pace& pace);

}  // namespace dfi::migrations::sqlite_kind
