// SPDX-License-Identifier: Apache-2.0
// The journal's marks, notes and log lines; runs and the file itself are in journal.cpp.
#include "base/clock.hpp"
#include "base/error_json.hpp"
#include "core/journal_state.hpp"
#include "messages/run.hpp"

namespace dfi {

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
    const auto seconds = query.getColumn(0).getDouble();
    return seconds < 0 ? std::nullopt : std::optional(seconds);
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
