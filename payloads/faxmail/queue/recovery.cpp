// SPDX-License-Identifier: Apache-2.0
// What the engine looks at and puts in order outside of the traffic: after a crash, when idle, when old mails go.
#include "base/durable.hpp"
#include "payloads/faxmail/queue/ledger.hpp"

namespace faxmail {

int Ledger::release_active() {
  const int count = with([&] {
    begin();
    return db_.exec("UPDATE FAXKA SET KASTAT = 'queued' WHERE KASTAT = 'active'");
  });
  commit();
  return count;
}

std::vector<Ledger::Undecided> Ledger::decide_undecided(std::int64_t next, bool hold) {
  std::vector<Undecided> mails;
  std::vector<std::pair<std::int64_t, std::string>> open;  // mail, recipient
  with([&] {
    SQLite::Statement query(db_,
                            "SELECT KAID, KAMSGID, RCADDR FROM FAXKA JOIN FAXRCP ON RCKA = KAID "
                            "WHERE KASTAT = 'dot' AND RCSTAT = 'queued' ORDER BY KAID");
    while (query.executeStep()) {
      const auto id = query.getColumn(0).getInt64();
      if (mails.empty() || mails.back().id != id) mails.push_back({id, query.getColumn(1).getString(), true});
      open.emplace_back(id, query.getColumn(2).getString());
    }
  });
  for (auto& mail : mails) {
    Finished finished;
    finished.id = mail.id;
    finished.counted = false;
    finished.next = next;
    finished.held = hold;
    for (const auto& [id, address] : open) {
      if (id != mail.id) continue;
      const auto verdict = results_.verdict(id, address);
      mail.known = mail.known && verdict != Verdict::unknown;
      const auto outcome = verdict == Verdict::sent     ? Outcome::sent
                           : verdict == Verdict::failed ? Outcome::permanent
                                                        : Outcome::temporary;
      finished.delivery.push_back({address, outcome, 0, {}, Scope::recipient});
    }
    if (!mail.known) finished.reason = "uncertain";
    finish(finished);
  }
  commit();
  return mails;
}

bool Ledger::changed_elsewhere() {
  return with([&] {
    auto& query = statement_("PRAGMA data_version");
    query.executeStep();
    const int version = query.getColumn(0).getInt();
    query.reset();
    const bool changed = version != data_version_;
    data_version_ = version;
    return changed;
  });
}

std::optional<std::int64_t> Ledger::next_due() {
  return with([&]() -> std::optional<std::int64_t> {
    auto& query = statement_("SELECT KANEXT FROM FAXKA WHERE KASTAT = 'queued' ORDER BY KANEXT LIMIT 1");
    if (!query.executeStep()) return std::nullopt;
    const auto next = query.getColumn(0).getInt64();
    query.reset();
    return next;
  });
}

std::map<std::string, std::string> Ledger::notes() {
  return with([&] {
    std::map<std::string, std::string> result;
    auto& query = statement_("SELECT EGKEY, EGVAL FROM FAXENG");
    while (query.executeStep()) result[query.getColumn(0).getString()] = query.getColumn(1).getString();
    query.reset();
    return result;
  });
}

int Ledger::forget(const std::string& before, int count) {
  std::vector<std::string> files;
  const int removed = with([&] {
    begin();
    // What a conversion brought along is years old from its first day on, and a customer's only record of it.
    const std::string old =
        "SELECT KAID FROM FAXKA WHERE KASTAT IN('sent', 'failed') AND KATS < ?1 AND KAWHY <> 'converted' LIMIT ?2";
    SQLite::Statement bodies(db_, "SELECT MSFILE FROM FAXMSG WHERE MSFILE IS NOT NULL AND MSKA IN(" + old + ")");
    SQLite::Statement mails(db_, "DELETE FROM FAXKA WHERE KAID IN(" + old + ")");
    for (auto* each : {&bodies, &mails}) {
      each->bind(1, before);
      each->bind(2, count);
    }
    while (bodies.executeStep()) files.push_back(bodies.getColumn(0).getString());
    return mails.exec();
  });
  commit();
  for (const auto& file : files) bodies_.remove(file);
  return removed;
}

int Ledger::sweep_bodies() {
  return bodies_.sweep([&](const std::string& name) {
    return with([&] {
      SQLite::Statement query(db_, "SELECT 1 FROM FAXMSG WHERE MSFILE = ?");
      query.bind(1, name);
      return query.executeStep();
    });
  });
}

}  // namespace faxmail
