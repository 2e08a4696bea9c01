// SPDX-License-Identifier: Apache-2.0
#include "core/journal.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/database.hpp"
#include "base/durable.hpp"
#include "base/error_json.hpp"
#include "messages/journal.hpp"
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

const char* word(Mark mark) {
  switch (mark) {
    case Mark::intent: return "intent";
    case Mark::done: return "done";
    case Mark::reverting: return "reverting";
    case Mark::reverted: return "reverted";
  }
  return "";
}

Mark mark_from(const std::string& text) {
  for (const auto mark : {Mark::intent, Mark::done, Mark::reverting})
    if (text == word(mark)) return mark;
  return Mark::reverted;
}

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

// A journal that cannot be read is more than a database that cannot: it is told what that means, and the way out.
template <class Work>
auto with_journal(const fs::path& path, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const SQLite::Exception& e) {
    if (const int code = e.getErrorCode() & 0xff; code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
      throw Error(msg::journal_damaged, {{"path", path.string()}, {"reason", e.what()}});
    throw_database_failed(path, e.what());
  }
}

constexpr auto run_columns = "SELECT id, verb, inputs, started, ended, outcome, owner FROM run ";

}  // namespace

struct Journal::State {
  fs::path path;
  SQLite::Database db;

  // Brings it to the format of this dfinstall.
  void prepare();

  // One statement is one durable transaction.
  template <class... Values>
  void execute(const char* sql, const Values&... values) {
    durable::announce("journal", path);
    with_journal(path, [&] {
      SQLite::Statement statement(db, sql);
      int column = 1;
      (statement.bind(column++, values), ...);
      statement.exec();
    });
  }
};

namespace {

bool no_room(const SQLite::Exception& e) {
  const int code = e.getErrorCode() & 0xff;
  return code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
}

// SQLite's name for a database that nobody changes while we look.
std::string immutable(const fs::path& path) {
  std::string uri = "file:";
  for (const char c : path.string()) uri += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
  return uri + "?immutable=1";
}

}  // namespace

void Journal::State::prepare() {
  // Measured on this platform: SQLite's defaults lose acknowledged commits at a power cut; WAL + FULL does not.
  db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON");
  if (db.execAndGet("PRAGMA user_version").getInt() == format_level) return;
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  int level = db.execAndGet("PRAGMA user_version").getInt();
  if (level > format_level) throw Error(msg::journal_newer, {{"path", path.string()}});
  if (level == 0) {
    durable::announce("journal", path);
    db.exec(schema);
    db.exec("PRAGMA user_version=" + std::to_string(format_level));
  }
  transaction.commit();
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
      state->prepare();
    } catch (const SQLite::Exception& e) {
      if (!no_room(e)) throw;
      if (create) {
        // This is what the reserve is for.
        ::unlink(reserve_path(path).c_str());
        state->prepare();
      } else {
        // Whoever only looks can do without the files that SQLite keeps beside it, if they are not there.
        if (fs::exists(path.string() + "-wal")) throw;
        state.reset(new State{path, SQLite::Database(immutable(path), SQLite::OPEN_READONLY | SQLite::OPEN_URI)});
      }
    }
  });
  return Journal(std::move(state));
}

std::optional<Journal> Journal::look(const fs::path& path) {
  if (!fs::exists(path)) return std::nullopt;
  auto state = std::unique_ptr<State>(new State{path, open_database(path, Access::read_only)});
  const int level = with_database(path, [&] { return state->db.execAndGet("PRAGMA user_version").getInt(); });
  if (level > format_level) throw Error(msg::journal_newer, {{"path", path.string()}});
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

void Journal::mark(int run, const std::string& step, const std::string& item, Mark mark) {
  state_->execute("INSERT INTO mark(run, at, step, item, mark) VALUES(?,?,?,?,?)", run, now_utc(), step, item,
                  std::string(word(mark)));
}

std::optional<Mark> Journal::last_mark(int run, const std::string& step, const std::string& item) const {
  return with_journal(state_->path, [&]() -> std::optional<Mark> {
    SQLite::Statement query(state_->db,
                            "SELECT mark FROM mark WHERE run=? AND step=? AND item=? ORDER BY seq DESC LIMIT 1");
    query.bind(1, run);
    query.bind(2, step);
    query.bind(3, item);
    if (!query.executeStep()) return std::nullopt;
    return mark_from(query.getColumn(0).getString());
  });
}

std::vector<std::string> Journal::begun_items(int run, const std::string& step) const {
  return with_journal(state_->path, [&] {
    std::vector<std::string> items;
    SQLite::Statement query(state_->db,
                            "SELECT item FROM mark m WHERE run=? AND step=? AND item<>'' AND mark<>'reverted' AND seq="
                            "(SELECT max(seq) FROM mark WHERE run=m.run AND step=m.step AND item=m.item) "
                            "ORDER BY (SELECT min(seq) FROM mark WHERE run=m.run AND step=m.step AND item=m.item)");
    query.bind(1, run);
    query.bind(2, step);
    while (query.executeStep()) items.push_back(query.getColumn(0).getString());
    return items;
  });
}

void Journal::note(int run, const std::string& key, const Json& value) {
  // Names and reasons of others need not be UTF-8.
  state_->execute(
      "INSERT INTO note(run, key, value) VALUES(?,?,?) ON CONFLICT(run, key) DO UPDATE SET value=excluded.value", run,
      key, value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::optional<Json> Journal::note(int run, const std::string& key) const {
  return with_journal(state_->path, [&]() -> std::optional<Json> {
    SQLite::Statement query(state_->db, "SELECT value FROM note WHERE run=? AND key=?");
    query.bind(1, run);
    query.bind(2, key);
    if (!query.executeStep()) return std::nullopt;
    return Json::parse(query.getColumn(0).getString());
  });
}

std::optional<double> Journal::seconds(int run, const std::string& first, const std::string& last) const {
  return with_journal(state_->path, [&]() -> std::optional<double> {
    SQLite::Statement query(state_->db,
                            "SELECT (julianday(max(e.at)) - julianday(min(b.at))) * 86400 FROM mark b, mark e "
                            "WHERE b.run=?1 AND b.step=?2 AND b.item='' AND b.mark='intent' "
                            "AND e.run=?1 AND e.step=?3 AND e.item='' AND e.mark='done'");
    query.bind(1, run);
    query.bind(2, first);
    query.bind(3, last);
    if (!query.executeStep() || query.getColumn(0).isNull()) return std::nullopt;
    return query.getColumn(0).getDouble();
  });
}

void Journal::log(int run, const std::string& level, const Message& message) {
  state_->execute("INSERT INTO log(run, at, level, message, args) VALUES(?,?,?,?,?)", run, now_utc(), level,
                  std::string(message.id.name),
                  args_json(message.args).dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::vector<LogRow> Journal::log_of(int run, std::int64_t behind) const {
  return with_journal(state_->path, [&] {
    std::vector<LogRow> rows;
    SQLite::Statement query(state_->db,
                            "SELECT at, level, message, args, seq FROM log WHERE run=? AND seq>? ORDER BY seq");
    query.bind(1, run);
    query.bind(2, behind);
    while (query.executeStep()) {
      auto name = query.getColumn(2).getString();
      auto id = find_message(name);
      LogRow row{query.getColumn(0).getString(),
                 query.getColumn(1).getString(),
                 {id ? *id : msg::message_unknown, {}},
                 query.getColumn(4).getInt64()};
      const auto args = Json::parse(query.getColumn(3).getString());
      for (const auto& [key, value] : args.items()) row.message.args.push_back({key, value.get<std::string>()});
      if (!id) row.message.args = {{"name", name}};
      rows.push_back(std::move(row));
    }
    return rows;
  });
}

std::vector<MarkRow> Journal::marks_of(int run, std::int64_t behind) const {
  return with_database(state_->path, [&] {
    std::vector<MarkRow> rows;
    SQLite::Statement query(state_->db,
                            "SELECT at, step, item, mark, seq FROM mark WHERE run=? AND seq>? ORDER BY seq");
    query.bind(1, run);
    query.bind(2, behind);
    while (query.executeStep())
      rows.push_back({query.getColumn(0).getString(), query.getColumn(1).getString(), query.getColumn(2).getString(),
                      mark_from(query.getColumn(3).getString()), query.getColumn(4).getInt64()});
    return rows;
  });
}

Json to_json(const LogRow& row, Language language) {
  return {{"at", row.at},
          {"level", row.level},
          {"id", message_id(row.message.id)},
          {"name", row.message.id.name},
          {"args", args_json(row.message.args)},
          {"text", text(row.message, language)}};
}

}  // namespace dfi
