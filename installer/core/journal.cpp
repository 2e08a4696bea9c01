// SPDX-License-Identifier: Apache-2.0
#include "core/journal.hpp"

#include <unistd.h>

#include "base/clock.hpp"
#include "base/database_image.hpp"
#include "core/journal_state.hpp"
#include "messages/run.hpp"

namespace dfi {
namespace {

constexpr int format_level = 1;

constexpr auto schema = R"(
CREATE TABLE run(id INTEGER PRIMARY KEY AUTOINCREMENT, verb TEXT NOT NULL, inputs TEXT NOT NULL, started TEXT NOT NULL,
                 ended TEXT, outcome TEXT, owner TEXT NOT NULL);
CREATE TABLE mark(seq INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES run(id), at TEXT NOT NULL,
                  step TEXT NOT NULL, item TEXT NOT NULL, mark TEXT NOT NULL);
CREATE INDEX mark_of ON mark(run, step, item, seq);
CREATE TABLE note(run INTEGER NOT NULL REFERENCES run(id), key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(run, key));
CREATE TABLE log(seq INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES run(id), at TEXT NOT NULL,
                 level TEXT NOT NULL, message TEXT NOT NULL, args TEXT NOT NULL);
CREATE INDEX log_of ON log(run, seq);
)";

RunRow run_from(SQLite::Statement& row) {
  RunRow run;
  run.id = row.getColumn(0).getInt();
  run.verb = row.getColumn(1).getString();
  run.inputs = Json::parse(row.getColumn(2).getString());
  run.started = row.getColumn(3).getString();
  run.ended = row.getColumn(4).getString();
  if (auto outcome = row.getColumn(5).getString(); !outcome.empty())
    run.outcome = outcome == "done" ? Outcome::done : Outcome::rolled_back;
  run.owner = ProcessIdentity::from_json(Json::parse(row.getColumn(6).getString()));
  return run;
}

fs::path reserve_path(const fs::path& journal) { return journal.parent_path() / "journal.reserve"; }

constexpr auto run_columns = "SELECT id, verb, inputs, started, ended, outcome, owner FROM run ";

}  // namespace

int Journal::State::level() {
  const int level = db.execAndGet("PRAGMA user_version").getInt();
  if (level > format_level) throw Error(msg::journal_newer, {{"path", path.string()}});
  return level;
}

std::string run_name(int id, const std::string& verb) { return std::to_string(id) + " (" + verb + ")"; }

void Journal::State::prepare() {
  // Measured on this platform: SQLite's defaults lose acknowledged commits at a power cut; WAL + FULL does not.
  db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON");
  if (level() == format_level) return;
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  if (level() == 0) {
    durable::announce("journal", path);
    db.exec(schema);
    db.exec("PRAGMA user_version=" + std::to_string(format_level));
  }
  transaction.commit();
}

// For whoever only looks, on a disk without room for what SQLite keeps beside a journal that was left in work: a copy,
// so that nobody who wants to work has to wait for us.
std::unique_ptr<Journal::State> Journal::in_memory(std::unique_ptr<State> failed) {
  const auto path = failed->path;
  failed.reset();  // two connections would stand in each other's way
  auto state = std::unique_ptr<State>(new State{path, database_in_memory(path)});
  state->db.exec("PRAGMA query_only = ON");
  state->level();
  return state;
}

Journal::Journal(std::unique_ptr<State> state) : state_(std::move(state)) {}
Journal::Journal(Journal&&) noexcept = default;
Journal::~Journal() = default;

std::optional<Journal> Journal::open(const fs::path& path, bool create) {
  if (!fs::exists(path)) {
    if (!create) return std::nullopt;
    durable::make_directories(path.parent_path(), 0750);
  }
  const auto access = create ? Access::create : Access::read_write;
  auto state = std::unique_ptr<State>(new State{path, open_database(path, access)});
  with_journal(path, [&] {
    try {
      require_room_for_index(path);
      state->prepare();
    } catch (const SQLite::Exception& e) {
      if (!no_room(e)) throw;
      if (create) {
        // This is what the reserve is for.
        ::unlink(reserve_path(path).c_str());
        state->prepare();
      } else {
        state = in_memory(std::move(state));
      }
    }
  });
  return Journal(std::move(state));
}

std::optional<Journal> Journal::look(const fs::path& path) {
  if (!fs::exists(path)) return std::nullopt;
  auto state = std::unique_ptr<State>(new State{path, open_database(path, Access::read_only)});
  with_journal(path, [&] {
    try {
      require_room_for_index(path);
      state->level();
    } catch (const SQLite::Exception& e) {
      if (!no_room(e)) throw;
      state = in_memory(std::move(state));
    }
  });
  return Journal(std::move(state));
}

void Journal::release_reserve() noexcept { ::unlink(reserve_path(state_->path).c_str()); }

int Journal::begin_run(const std::string& verb, const Json& inputs) {
  // One MiB for the way back, the rest for the evidence of two failures: the cause, and a way back that fails.
  constexpr std::size_t reserve_bytes = (1 << 20) + (1 << 19);
  if (const auto reserve = reserve_path(state_->path); !fs::exists(reserve))
    durable::write_file(reserve, std::string(reserve_bytes, '\0'), 0600);
  state_->execute("INSERT INTO run(verb, inputs, started, owner) VALUES(?,?,?,?)", verb, inputs.dump(), now_utc(),
                  ProcessIdentity::current().to_json().dump());
  return static_cast<int>(state_->db.getLastInsertRowid());
}

void Journal::take_over(int run) {
  state_->execute("UPDATE run SET owner=? WHERE id=?", ProcessIdentity::current().to_json().dump(), run);
}

void Journal::end_run(int run, Outcome outcome) {
  state_->execute("UPDATE run SET ended=?, outcome=? WHERE id=?", now_utc(),
                  std::string(outcome == Outcome::done ? "done" : "rolled_back"), run);
}

std::vector<RunRow> Journal::runs() const {
  return with_journal(state_->path, [&] {
    std::vector<RunRow> rows;
    SQLite::Statement query(state_->db, std::string(run_columns) + "ORDER BY id DESC");
    while (query.executeStep()) rows.push_back(run_from(query));
    return rows;
  });
}

std::optional<RunRow> Journal::run(int id) const {
  return with_journal(state_->path, [&]() -> std::optional<RunRow> {
    SQLite::Statement query(state_->db, std::string(run_columns) + "WHERE id=?");
    query.bind(1, id);
    if (!query.executeStep()) return std::nullopt;
    return run_from(query);
  });
}

std::optional<RunRow> Journal::unfinished() const {
  return with_journal(state_->path, [&]() -> std::optional<RunRow> {
    SQLite::Statement query(state_->db, std::string(run_columns) + "WHERE outcome IS NULL ORDER BY id DESC LIMIT 1");
    if (!query.executeStep()) return std::nullopt;
    return run_from(query);
  });
}

}  // namespace dfi
