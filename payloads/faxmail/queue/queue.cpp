// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/queue/queue.hpp"

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "messages/mail.hpp"

namespace faxmail {

Queue::Queue(const Layout& layout, const Capability& capability)
    : path_(layout.data_file("FAXKA")), db_(open_data_file(layout, capability, "FAXKA")) {
  with([&] { db_.exec("PRAGMA foreign_keys=ON"); });
}

void Queue::commit(SQLite::Transaction& transaction) {
  dfi::durable::announce("commit", path_);
  transaction.commit();
}

Accepted Queue::submit(const Submission& submission) {
  return with([&] {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    if (!submission.key.empty()) {
      SQLite::Statement known(db_, "SELECT KAID, KAMSGID FROM FAXKA WHERE KAKEY = ?");
      known.bind(1, submission.key);
      if (known.executeStep()) return Accepted{known.getColumn(0).getInt64(), known.getColumn(1).getString(), true};
    }
    SQLite::Statement same(db_, "SELECT KAID FROM FAXKA WHERE KAMSGID = ?");
    same.bind(1, submission.message_id);
    if (same.executeStep())
      throw dfi::Error(dfi::msg::mail_message_id_used,
                       {{"mail", same.getColumn(0).getString()}, {"message_id", submission.message_id}});
    SQLite::Statement mail(db_,
                           "INSERT INTO FAXKA(KAKEY, KASTAT, KATS, KAUSR, KAFROM, KASUBJ, KAMSGID, KAMAIL) "
                           "VALUES(?, 'queued', ?, ?, ?, ?, ?, ?)");
    if (!submission.key.empty()) mail.bind(1, submission.key);
    mail.bind(2, dfi::now_utc());
    mail.bind(3, submission.user);
    mail.bind(4, submission.from);
    mail.bind(5, submission.subject);
    mail.bind(6, submission.message_id);
    mail.bind(7, submission.message.data(), static_cast<int>(submission.message.size()));
    mail.exec();
    const auto id = db_.getLastInsertRowid();
    SQLite::Statement recipient(db_, "INSERT OR IGNORE INTO FAXRCP(RCKA, RCADDR) VALUES(?, ?)");
    for (const auto& address : submission.to) {
      recipient.bind(1, id);
      recipient.bind(2, address);
      recipient.exec();
      recipient.reset();
    }
    commit(transaction);
    return Accepted{id, submission.message_id, false};
  });
}

bool Queue::due(std::int64_t now) {
  return with([&] {
    SQLite::Statement query(db_, "SELECT 1 FROM FAXKA WHERE KASTAT = 'queued' AND KANEXT <= ? LIMIT 1");
    query.bind(1, now);
    return query.executeStep();
  });
}

std::optional<QueuedMail> Queue::take(std::int64_t now) {
  return with([&]() -> std::optional<QueuedMail> {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement query(db_,
                            "SELECT KAID, KATRY, KATS, KAMSGID, KAMAIL, KAFROM FROM FAXKA "
                            "WHERE KASTAT = 'queued' AND KANEXT <= ? ORDER BY KANEXT, KAID LIMIT 1");
    query.bind(1, now);
    if (!query.executeStep()) return std::nullopt;
    QueuedMail mail{query.getColumn(0).getInt64(),  query.getColumn(1).getInt64(),
                    query.getColumn(2).getString(), query.getColumn(3).getString(),
                    query.getColumn(4).getString(), {query.getColumn(5).getString(), {}}};
    SQLite::Statement recipients(db_, "SELECT RCADDR FROM FAXRCP WHERE RCKA = ? AND RCSTAT = 'queued'");
    recipients.bind(1, mail.id);
    while (recipients.executeStep()) mail.envelope.to.push_back(recipients.getColumn(0).getString());
    set_status(mail.id, "active");
    commit(transaction);
    return mail;
  });
}

void Queue::set_status(std::int64_t id, const char* status) {
  SQLite::Statement update(db_, "UPDATE FAXKA SET KASTAT = ? WHERE KAID = ?");
  update.bind(1, status);
  update.bind(2, id);
  update.exec();
}

void Queue::release(std::int64_t id) {
  with([&] {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    set_status(id, "queued");
    commit(transaction);
  });
}

void Queue::mark_dot(std::int64_t id) {
  with([&] {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    set_status(id, "dot");
    commit(transaction);
  });
}

/// By its recipients: some still open → queued for `next`; else one reached → sent only if all were, otherwise failed.
void Queue::end_mail(std::int64_t id, std::int64_t next) {
  SQLite::Statement open(db_,
                         "UPDATE FAXKA SET KANEXT = ?2, KASTAT = CASE "
                         "WHEN EXISTS(SELECT 1 FROM FAXRCP WHERE RCKA = ?1 AND RCSTAT = 'queued') THEN 'queued' "
                         "WHEN EXISTS(SELECT 1 FROM FAXRCP WHERE RCKA = ?1 AND RCSTAT = 'failed') THEN 'failed' "
                         "ELSE 'sent' END, KATRY = KATRY + 1 WHERE KAID = ?1");
  open.bind(1, id);
  open.bind(2, next);
  open.exec();
}

void Queue::decide(std::int64_t id, const std::string& address, Verdict verdict) {
  if (verdict == Verdict::unknown) return;
  with([&] {
    SQLite::Statement update(db_, "UPDATE FAXRCP SET RCSTAT = ? WHERE RCKA = ? AND RCADDR = ?");
    update.bind(1, verdict == Verdict::sent ? "sent" : "failed");
    update.bind(2, id);
    update.bind(3, address);
    update.exec();
  });
}

void Queue::finish(std::int64_t id, const Delivery& delivery, std::int64_t next) {
  with([&] {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    for (const auto& result : delivery)
      if (result.outcome != Outcome::temporary)
        decide(id, result.address, result.outcome == Outcome::sent ? Verdict::sent : Verdict::failed);
    end_mail(id, next);
    commit(transaction);
  });
}

void Queue::settle(std::int64_t id, std::int64_t next) {
  with([&] {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    end_mail(id, next);
    commit(transaction);
  });
}

int Queue::release_active() {
  return with([&] {
    dfi::durable::announce("commit", path_);
    return db_.exec("UPDATE FAXKA SET KASTAT = 'queued' WHERE KASTAT = 'active'");
  });
}

std::vector<QueueEntry> Queue::undecided() { return select("WHERE KASTAT = ?", "dot"); }

std::vector<QueueEntry> Queue::list(const std::string& status) {
  return status.empty() ? select("", "") : select("WHERE KASTAT = ?", status);
}

std::optional<QueueEntry> Queue::find(std::int64_t id) {
  auto found = select("WHERE KAID = CAST(? AS INTEGER)", std::to_string(id));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<QueueEntry> Queue::select(const std::string& where, const std::string& value) {
  return with([&] {
    std::vector<QueueEntry> entries;
    SQLite::Statement query(
        db_,
        "SELECT KAID, KATRY, KANEXT, length(KAMAIL), ifnull(KAKEY, ''), KASTAT, KATS, KAUSR, KAFROM, "
        "KASUBJ, KAMSGID FROM FAXKA " +
            where + " ORDER BY KAID");
    SQLite::Statement recipients(db_, "SELECT RCADDR, RCSTAT FROM FAXRCP WHERE RCKA = ? ORDER BY RCADDR");
    if (!where.empty()) query.bind(1, value);
    while (query.executeStep()) {
      auto text = [&](int column) { return query.getColumn(column).getString(); };
      auto number = [&](int column) { return query.getColumn(column).getInt64(); };
      QueueEntry entry{number(0), number(1), number(2), number(3), text(4),  text(5),
                       text(6),   text(7),   text(8),   text(9),   text(10), {}};
      recipients.bind(1, entry.id);
      while (recipients.executeStep())
        entry.recipients.push_back({recipients.getColumn(0).getString(), recipients.getColumn(1).getString()});
      recipients.reset();
      entries.push_back(std::move(entry));
    }
    return entries;
  });
}

std::vector<std::pair<std::string, std::int64_t>> Queue::counts() {
  return with([&] {
    std::vector<std::pair<std::string, std::int64_t>> result;
    for (const char* status : {"queued", "active", "dot", "sent", "failed", "held"}) {
      SQLite::Statement query(db_, "SELECT count(*) FROM FAXKA WHERE KASTAT = ?");
      query.bind(1, status);
      query.executeStep();
      result.emplace_back(status, query.getColumn(0).getInt64());
    }
    return result;
  });
}

}  // namespace faxmail
