// SPDX-License-Identifier: Apache-2.0
// The frame of a conversion of a SQLite file: hold it still, take the users' work off, run the steps, put it back,
// prove the whole. The steps themselves are in sqlite_step.cpp.
#include <sqlite3.h>

#include <cerrno>
#include <future>

#include "base/durable.hpp"
#include "migrations/engine/background_digest.hpp"
#include "migrations/engine/dependents.hpp"
#include "migrations/engine/sqlite_proof.hpp"
#include "migrations/engine/sqlite_step.hpp"

namespace dfi::migrations::sqlite_kind {
namespace {

/// The steps one after the other, each with the result of the one before as its `old`; the last one makes the output.
Catalogue::Result run_steps(const Work& work, Pace& pace) {
  const auto& edges = work.edges;
  BackgroundDigest input_digest(work.input);
  HeldFile held({work.file.name, work.input});
  const auto journal_mode = one_text(held.database(), "PRAGMA journal_mode");
  const auto foreign = take_stock(work, held.database());
  Catalogue::Result result;
  result.rows_before = count_rows(held.database(), *edges.front().from);
  input_digest.start();
  fs::path input = work.input;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const bool last = i + 1 == edges.size();
    const fs::path output = last ? work.output : intermediate(work.output, i);
    const Step step{work, edges[i], input, output, foreign.tables, i, pace};
    {
      auto db = run_step(step, [&](SQLite::Database& copy) {
        if (i == 0) drop_dependents(copy, foreign.dependents);
      });
      if (last) {
        result.rows_after = count_rows(db, *edges[i].to);
        put_back(work, foreign, db, result);
        db.exec("PRAGMA main.journal_mode = " + journal_mode);
      }
    }
    BackgroundDigest output_digest(output);
    std::future<void> synced;
    if (last) {
      output_digest.start();
      // It gets to the disk while it is checked.
      synced = std::async(std::launch::async, durable::data_sync(output_digest.fd(), output));
    }
    finish_step(step);
    if (last) {
      result.output_digest = output_digest.text(pace);
      await<void>(synced, pace, [] {});
    }
    if (i > 0) discard_database(input);
    input = output;
  }
  result.input_digest = input_digest.text(pace);
  pace.phase(edges.size() - 1, 1, 1);
  return result;
}

void discard_all(const fs::path& shadow, std::size_t steps) {
  discard_database(shadow);
  for (std::size_t i = 0; i < steps; ++i) discard_database(intermediate(shadow, i));
}

[[noreturn]] void rethrow(const SQLite::Exception& e, const Work& work) {
  auto code = e.getErrorCode() & 0xff;
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) throw_busy(work.file, e.what());
  if (code == SQLITE_FULL) throw os_error("write", work.output, ENOSPC);
  throw conversion_failed(*work.edges.front().conversion, work.file, e.what());
}

}  // namespace

Catalogue::Result convert(const Work& work) {
  const auto& output = work.output;
  const auto steps = work.edges.size();
  discard_all(output, steps);
  durable::remove(saved_statements(work));
  Pace pace(work.supervisor, fs::file_size(work.input), steps);
  Catalogue::Result result;
  try {
    result = run_steps(work, pace);
  } catch (...) {
    // Half a shadow is of no use and may fill the disk. The saved statements stay: the report names them.
    std::error_code ignored;
    for (std::size_t i = 0; i < steps; ++i) fs::remove(intermediate(output, i), ignored);
    fs::remove(output, ignored);
    pace.rethrow();
    try {
      throw;
    } catch (const SQLite::Exception& e) {
      rethrow(e, work);
    }
  }
  discard_leftovers(output);
  durable::sync_file(output);
  return result;
}

void verify_load(const Work& work, const Edge& edge) {
  Pace pace(work.supervisor, fs::file_size(work.input), 1);
  pace.phase(0, 1, 1);
  try {
    SQLite::Database db(work.output.string(), SQLite::OPEN_READONLY);
    LookIn look_in(db, pace, [] { return 1; });
    run_checks(edge, work, db);
    require_no_fault(*edge.conversion, work.file, schema_fault(db, *edge.to, {}));
    require_no_fault(*edge.conversion, work.file, foreign_key_fault(db, false));
    if (const auto fault = one_text(db, "PRAGMA quick_check(1)"); fault != "ok")
      throw conversion_failed(*edge.conversion, work.file, fault);
  } catch (const SQLite::Exception& e) {
    pace.rethrow();
    throw conversion_failed(*edge.conversion, work.file, e.what());
  }
}

}  // namespace dfi::migrations::sqlite_kind
