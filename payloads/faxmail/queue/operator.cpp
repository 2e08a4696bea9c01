// SPDX-License-Identifier: Apache-2.0
// What an operator does with mails, and the notes between operator and engine.
#include "base/clock.hpp"
#include "base/durable.hpp"
#include "payloads/faxmail/queue/queue.hpp"

namespace faxmail {

/// `sql` has the id as ?1 and the reason as ?2 if it uses one.
bool Queue::change(const std::string& sql, std::int64_t id, const std::string& reason) {
  return with([&] {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement update(db_, sql);
    update.bind(1, id);
    if (!reason.empty()) update.bind(2, reason);
    const bool changed = update.exec() > 0;
    commit(transaction);
    return changed;
  });
}

bool Queue::hold(std::int64_t id, const std::string& reason) {
  return change("UPDATE FAXKA SET KASTAT = 'held', KAWHY = ?2 WHERE KAID = ?1 AND KASTAT = 'queued'", id, reason);
}

bool Queue::release(std::int64_t id) {
  return change("UPDATE FAXKA SET KASTAT = 'queued', KAWHY = '', KANEXT = 0 WHERE KAID = ?1 AND KASTAT = 'held'", id);
}

bool Queue::retry(std::int64_t id) {
  return with([&] {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement mail(
        db_,
        "UPDATE FAXKA SET KASTAT = 'queued', KAWHY = '', KANEXT = 0, KATRY = 0, KAREP = 0, KATS = ?2 "
        "WHERE KAID = ?1 AND KASTAT IN('queued', 'failed', 'held')");
    mail.bind(1, id);
    mail.bind(2, dfi::now_utc());
    const bool changed = mail.exec() > 0;
    if (changed) {
      SQLite::Statement recipients(db_, "UPDATE FAXRCP SET RCSTAT = 'queued' WHERE RCKA = ? AND RCSTAT = 'failed'");
      recipients.bind(1, id);
      recipients.exec();
    }
    commit(transaction);
    return changed;
  });
}

bool Queue::remove(std::int64_t id) {
  std::string file;
  const bool removed = with([&] {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement query(db_, "SELECT MSFILE FROM FAXMSG WHERE MSKA = ? AND MSFILE IS NOT NULL");
    query.bind(1, id);
    if (query.executeStep()) file = query.getColumn(0).getString();
    SQLite::Statement mail(db_, "DELETE FROM FAXKA WHERE KAID = ? AND KASTAT NOT IN('active', 'dot')");
    mail.bind(1, id);
    const bool changed = mail.exec() > 0;
    commit(transaction);
    return changed;
  });
  if (removed && !file.empty()) bodies_.remove(file);
  return removed;
}

int Queue::flush() {
  const int count = with([&] {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    const int changed = db_.exec("UPDATE FAXKA SET KANEXT = 0, KAWHY = '' WHERE KASTAT = 'queued' AND KANEXT > 0");
    commit(transaction);
    return changed;
  });
  set_note("flush", dfi::now_utc());  // ends the pauses of the engine too
  return count;
}

std::string Queue::note(const std::string& key) {
  return with([&] {
    SQLite::Statement query(db_, "SELECT EGVAL FROM FAXENG WHERE EGKEY = ?");
    query.bind(1, key);
    return query.executeStep() ? query.getColumn(0).getString() : std::string();
  });
}

void Queue::set_note(const std::string& key, const std::string& value) {
  with([&] {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement update(db_, value.empty() ? "DELETE FROM FAXENG WHERE EGKEY = ?1"
                                                : "INSERT INTO FAXENG(EGKEY, EGVAL) VALUES(?1, ?2) "
                                                  "ON CONFLICT(EGKEY) DO UPDATE SET EGVAL = ?2");
    update.bind(1, key);
    if (!value.empty()) update.bind(2, value);
    update.exec();
    commit(transaction);
  });
}

std::vector<std::pair<std::string, std::string>> Queue::notes() {
  return with([&] {
    std::vector<std::pair<std::string, std::string>> result;
    SQLite::Statement query(db_, "SELECT EGKEY, EGVAL FROM FAXENG ORDER BY EGKEY");
    while (query.executeStep()) result.emplace_back(query.getColumn(0).getString(), query.getColumn(1).getString());
    return result;
  });
}

}  // namespace faxmail
