// SPDX-License-Identifier: Apache-2.0
// Record file to SQLite. A rollback journal, not a WAL: almost all pages are new, so the journal stays small and each
// page is written once. The position stands in a table of the shadow itself, written
// by the transaction that it speaks of; so a commit that the Supervisor did not hear of counts, and one that a power
// cut took back does not. Commits stand at fixed records, and what comes behind the last one is rolled back page for
// page: so SQLite makes the same pages again, and the file is the same byte for byte however often it was interrupted.
#include <fmt/core.h>
#include <sqlite3.h>

#include <array>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "migrations/engine/last_round.hpp"
#include "migrations/engine/row_writer.hpp"
#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations {
namespace {

constexpr std::size_t digest_block_bytes = 1 << 20;
constexpr const char* position_table = "dfinstall_position";

/// How often a SQLite file was changed (its header counts), so that a foreign change does not go unseen.
std::uint32_t change_counter(SQLite::Database& db) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db.getHandle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  std::array<unsigned char, 4> bytes{};
  require(file && file->pMethods, "SQLite file is open");
  if (file->pMethods->xRead(file, bytes.data(), bytes.size(), 24) != SQLITE_OK) return 0;  // still empty
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

/// Needed while rows come: tables, and what refuses rows.
bool comes_before_rows(const SchemaObject& object) {
  auto tokens = sql_tokens(object.sql);
  return object.type == "table" || (object.type == "index" && tokens.size() > 1 && tokens[1] == "UNIQUE");
}

class TableShadow : public Shadow {
 public:
  TableShadow(const RecordPass& pass, const std::string& schema, int level)
      : pass_(pass), schema_(schema_of(schema)), level_(level) {}

  void start_anew() override;
  std::optional<Json> go_on(const Json& checkpoint, Proofs& proofs) override;
  std::uint64_t take(Chunk& chunk, const Refuse& refuse) override;
  std::uint64_t bytes() const override { return bytes_; }
  void checkpoint(Json& state) override;
  std::string finish() override;

 private:
  void open(Access access);
  void close();
  void begin();
  void commit();
  std::optional<Json> position(const Json& checkpoint);
  template <class Work>
  auto guarded(Work work) -> decltype(work());

  const RecordPass& pass_;
  Schema schema_;
  int level_;
  std::optional<SQLite::Database> db_;
  std::optional<RowWriter> writer_;
  std::uint64_t bytes_ = 0;
  bool finished_ = false;  // by an earlier try, which was killed right behind its last commit
};

template <class Work>
auto TableShadow::guarded(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const SQLite::Exception& e) {
    if ((e.getErrorCode() & 0xff) == SQLITE_FULL) throw os_error("write", pass_.output, ENOSPC);
    throw_database_failed(pass_.output, e.what());
  }
}

void TableShadow::open(Access access) {
  db_.emplace(open_database(pass_.output, access));
  // FULL: what the Supervisor is told must be on disk. secure_delete: no bytes of the position stay in unused places.
  db_->exec(
      "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL; PRAGMA cache_size = -8000; PRAGMA secure_delete = "
      "ON");
}

void TableShadow::close() {
  writer_.reset();
  db_.reset();
}

void TableShadow::begin() {
  db_->exec("BEGIN IMMEDIATE");
  writer_.emplace(*db_, pass_.program);
}

void TableShadow::commit() {
  writer_.reset();
  durable::announce("commit rows", pass_.output);
  db_->exec("COMMIT");
}

void TableShadow::start_anew() {
  guarded([&] {
    close();
    bytes_ = 0;
    finished_ = false;
    discard_database(pass_.output);
    durable::announce("create", pass_.output);
    open(Access::create);
    db_->exec("BEGIN IMMEDIATE");
    for (const auto& object : schema_)
      if (comes_before_rows(object)) db_->exec(object.sql);
    db_->exec(fmt::format("CREATE TABLE {}(state TEXT NOT NULL)", position_table));
    commit();
    begin();
  });
}

std::optional<Json> TableShadow::go_on(const Json& checkpoint, Proofs&) {
  if (!fs::exists(fs::symlink_status(pass_.output))) return std::nullopt;
  try {
    open(Access::read_write);
    auto state = position(checkpoint);
    if (!state || one_text(*db_, "PRAGMA quick_check(1)") != "ok") {
      close();
      return std::nullopt;
    }
    bytes_ = state->at("shadow").at("bytes").get<std::uint64_t>();
    if (!finished_) begin();
    return state;
  } catch (const SQLite::Exception&) {
    close();  // no SQLite file any more: begun anew
    return std::nullopt;
  }
}

std::optional<Json> TableShadow::position(const Json& checkpoint) {
  // The first query rolls a hot journal back; the counter is that of the last commit then.
  auto tables = db_->execAndGet(fmt::format("SELECT count(*) FROM sqlite_master WHERE name = '{}'", position_table));
  auto changes_of = [](const Json& state) { return state.at("shadow").at("changes").get<std::uint32_t>(); };
  if (tables.getInt() == 0) {
    finished_ = user_version(*db_) == level_ && change_counter(*db_) == changes_of(checkpoint) + 1;
    return finished_ ? std::optional<Json>(checkpoint) : std::nullopt;
  }
  auto state = Json::parse(one_text(*db_, fmt::format("SELECT state FROM {}", position_table)));
  bool same = state.at("version") == checkpoint.at("version") &&
              state.at("definitions") == checkpoint.at("definitions") &&
              state.at("input_bytes") == checkpoint.at("input_bytes");
  if (!same || change_counter(*db_) != changes_of(state)) return std::nullopt;
  return state;
}

std::uint64_t TableShadow::take(Chunk& chunk, const Refuse& refuse) {
  return guarded([&] {
    std::uint64_t taken = 0;
    auto refused = chunk.refused.begin();
    for (std::size_t i = 0; i < chunk.count; ++i) {
      if (refused != chunk.refused.end() && refused->index == i) {
        refuse(i, refused->fault);
        ++refused;
      } else if (auto fault = writer_->insert(chunk.rows[i])) {
        refuse(i, *fault);
      } else {
        ++taken;
      }
    }
    bytes_ += chunk.in.size();
    return taken;
  });
}

void TableShadow::checkpoint(Json& state) {
  if (finished_) return;
  guarded([&] {
    state["shadow"] = {{"bytes", bytes_}, {"changes", change_counter(*db_) + 1}};
    db_->exec(fmt::format("DELETE FROM {}", position_table));
    SQLite::Statement keep(*db_, fmt::format("INSERT INTO {} VALUES (?)", position_table));
    keep.bind(1, state.dump());
    keep.exec();
    keep.reset();
    commit();
    begin();
  });
}

std::string TableShadow::finish() {
  guarded([&] {
    if (!finished_) {
      db_->exec(fmt::format("DROP TABLE {}", position_table));
      for (const auto& object : schema_)
        if (!comes_before_rows(object)) db_->exec(object.sql);
      db_->exec(fmt::format("PRAGMA user_version = {}", level_));
      commit();
    }
    db_->exec("PRAGMA journal_mode = DELETE");
    close();
  });
  discard_leftovers(pass_.output);
  durable::sync_file(pass_.output);
  return file_digest(pass_.output, digest_block_bytes);
}

}  // namespace

RecordPassResult run_load_pass(const RecordPass& pass, const std::string& schema, int level, const Policy& policy,
                               Supervisor& supervisor) {
  TableShadow shadow(pass, schema, level);
  return run_telling(pass, policy, supervisor, shadow);
}

}  // namespace dfi::migrations
