// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/external_output.hpp"

#include <sys/stat.h>

#include "base/database.hpp"
#include "base/durable.hpp"
#include "messages/conversion.hpp"
#include "messages/reason.hpp"
#include "migrations/engine/sqlite_proof.hpp"
#include "migrations/engine/sqlite_step.hpp"

namespace dfi::migrations::external_kind {
namespace {

std::uint64_t rows_of(const fs::path& path, const Format& format) {
  if (format.kind == Kind::sqlite) return sqlite_kind::count_rows(path, format);
  if (format.kind == Kind::records) return fs::file_size(path) / format.record->length;
  return 1;
}

/// Users' tables which the program has left behind; a program of the product cannot know them.
Schema missing_tables(SQLite::Database& db, const Schema& tables) {
  Schema missing;
  const auto there = read_schema(db);
  for (const auto& table : tables)
    if (!find_object(there, table.id)) missing.push_back(table);
  return missing;
}

Reasons finish_database(const Work& work, const StillInput& input, Catalogue::Result& result) {
  const auto& edge = work.edges.front();
  Schema tables;
  {
    auto db = open_database(work.output, Access::read_write);
    db.exec("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF");
    const bool from_database = edge.from->kind == Kind::sqlite;
    if (from_database) {
      tables = input.foreign().tables;
      attach_read_only(db, work.input, "old");
      sqlite_kind::carry_tables(db, missing_tables(db, tables));
    }
    if (auto fault = sqlite_kind::schema_fault(db, *edge.to, tables); !fault.empty()) return fault;
    if (auto fault = sqlite_kind::foreign_key_fault(db, from_database); !fault.empty()) return fault;
    if (from_database) {
      db.exec("DETACH old");
      put_back(work, input.foreign(), db, result);
    }
    db.exec("PRAGMA journal_mode = " + (from_database ? input.journal_mode() : edge.to->journal_mode));
  }
  discard_leftovers(work.output);
  Pace pace(work.supervisor, fs::file_size(work.input), 1);
  pace.phase(0, 1, 1);
  const auto fault = sqlite_kind::quick_check(work.output, pace);
  return fault == "ok" ? Reasons{} : Reasons{quoted(fault)};
}

Reasons prove_output(const Work& work, const StillInput& input, Catalogue::Result& result) {
  const auto& to = *work.edges.front().to;
  struct stat facts {};
  if (::lstat(work.output.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return {{msg::program_made_no_file, {}}};
  try {
    if (to.kind == Kind::sqlite) {
      if (!is_database(work.output)) return {{msg::program_made_no_database, {}}};
      if (auto fault = finish_database(work, input, result); !fault.empty()) return fault;
    }
    if (to.kind == Kind::config)
      if (auto fault = config_kind::why_not(work.output, to); !fault.empty()) return fault;
    // Bad records, which a level of an old file may have, are no result of a program.
    if (to.kind == Kind::records) return record_kind::fit_of(work.output, to).why;
    fingerprint({work.file.name, work.output}, {&to}, to.level);
  } catch (const SQLite::Exception& e) {
    return {quoted(e.what())};
  } catch (const Error& e) {
    if (e.message().id != msg::level_unknown && e.message().id != msg::level_newer) throw;
    return e.trail().empty() ? Reasons{e.message()} : e.trail();
  }
  return {};
}

}  // namespace

StillInput::StillInput(const Work& work) : pace_(work.supervisor, fs::file_size(work.input), 1), digest_(work.input) {
  pace_.phase(0, 0, 0);
  const auto& from = *work.edges.front().from;
  if (from.kind == Kind::sqlite) {
    held_.emplace(DataFile{work.file.name, work.input});
    auto& db = held_->database();
    foreign_ = take_stock(work, db);
    journal_mode_ = one_text(db, "PRAGMA journal_mode");
    rows_ = sqlite_kind::count_rows(db, from);
  } else {
    rows_ = rows_of(work.input, from);
  }
  digest_.start();
  before_ = digest_.text(pace_);
}

bool StillInput::unchanged() {
  pace_.phase(0, 1, 1);
  digest_.start();
  return digest_.still_there() && digest_.text(pace_) == before_;
}

Reasons finish_output(const Work& work, const StillInput& input, Catalogue::Result& result) {
  if (auto fault = prove_output(work, input, result); !fault.empty()) return fault;
  // A database that becomes something else has no place for what users put on it.
  if (work.edges.front().to->kind != Kind::sqlite)
    for (const auto& object : input.foreign().dependents) result.saved_only.push_back(object.name);
  result.rows_before = input.rows();
  result.rows_after = rows_of(work.output, *work.edges.front().to);
  result.input_digest = input.digest();
  Pace pace(work.supervisor, fs::file_size(work.input), 1);
  pace.phase(0, 1, 1);
  BackgroundDigest output(work.output);
  output.start();
  result.output_digest = output.text(pace);
  durable::sync_file(work.output);
  return {};
}

}  // namespace dfi::migrations::external_kind
