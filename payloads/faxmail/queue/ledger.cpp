// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/queue/ledger.hpp"

#include "base/durable.hpp"

namespace faxmail {
namespace {

constexpr std::uint64_t lease_bytes = 2 * 1024 * 1024;
/// Rows looked at for mails of other senders while a sender waits.
constexpr int lease_scan = 20'000;

}  // namespace

Ledger::Ledger(const Layout& layout, const Capability& capability)
    : path_(layout.data_file("FAXKA")),
      bodies_(layout),
      db_(open_data_file(layout, capability, "FAXKA")),
      results_(layout, capability) {
  with([&] {
    db_.exec("PRAGMA foreign_keys=ON");
    db_.exec("PRAGMA wal_autocheckpoint=2000");
  });
}

void Ledger::begin() {
  if (!round_) round_.emplace(db_, SQLite::TransactionBehavior::IMMEDIATE);
}

void Ledger::commit() {
  results_.commit();
  if (!round_) return;
  with([&] {
    dfi::durable::announce("commit", path_);
    round_->commit();
    round_.reset();
  });
}

std::vector<QueuedMail> Ledger::lease(std::int64_t now, int count,
                                      const std::function<bool(const std::string&)>& admit) {
  return with([&] {
    std::vector<QueuedMail> mails;
    begin();
    auto& query = statement_(
        "SELECT KAID, KATRY, KATS, KAMSGID, KAFROM, KASIZE, KAOPT FROM FAXKA WHERE KASTAT = 'queued' AND KANEXT <= ? "
        "ORDER BY KANEXT, KAID LIMIT ?");
    query.bind(1, now);
    query.bind(2, lease_scan);
    std::uint64_t bytes = 0;
    while (static_cast<int>(mails.size()) < count && bytes < lease_bytes && query.executeStep()) {
      if (!admit(query.getColumn(4).getString())) continue;
      QueuedMail mail;
      mail.id = query.getColumn(0).getInt64();
      mail.tries = query.getColumn(1).getInt64();
      mail.accepted = query.getColumn(2).getString();
      mail.message_id = query.getColumn(3).getString();
      mail.outgoing.envelope.from = query.getColumn(4).getString();
      const auto options = MailOptions::from_text(query.getColumn(6).getString());
      mail.outgoing.eight_bit = options.eight_bit;
      mail.outgoing.smtputf8 = options.smtputf8;
      mail.outgoing.notify = options.notify;
      mail.outgoing.ret = options.ret;
      mail.outgoing.envid = options.envid;
      bytes += static_cast<std::uint64_t>(query.getColumn(5).getInt64());
      mails.push_back(std::move(mail));
    }
    query.reset();
    for (auto& mail : mails) {
      auto& recipients = statement_("SELECT RCADDR FROM FAXRCP WHERE RCKA = ? AND RCSTAT = 'queued'");
      recipients.bind(1, mail.id);
      while (recipients.executeStep()) mail.outgoing.envelope.to.push_back(recipients.getColumn(0).getString());
      recipients.reset();
      mail.outgoing.body = body_of(mail.id);
      auto& update = statement_("UPDATE FAXKA SET KASTAT = 'active', KAWHY = '' WHERE KAID = ?");
      update.bind(1, mail.id);
      update.exec();
    }
    return mails;
  });
}

MessageBody Ledger::body_of(std::int64_t id) {
  auto& query = statement_("SELECT MSMAIL, MSFILE, KASIZE FROM FAXMSG JOIN FAXKA ON KAID = MSKA WHERE MSKA = ?");
  query.bind(1, id);
  MessageBody body;
  if (query.executeStep())
    body = query.getColumn(1).isNull()
               ? MessageBody(query.getColumn(0).getString())
               : MessageBody::in_file(bodies_.path_of(query.getColumn(1).getString()),
                                      static_cast<std::uint64_t>(query.getColumn(2).getInt64()));
  query.reset();  // an open cursor would keep the log from being folded in
  return body;
}

void Ledger::mark_dot(std::int64_t id) {
  with([&] {
    begin();
    auto& update = statement_("UPDATE FAXKA SET KASTAT = 'dot' WHERE KAID = ?");
    update.bind(1, id);
    update.exec();
  });
}

void Ledger::release(std::int64_t id, std::int64_t next, const std::string& reason) {
  with([&] {
    begin();
    auto& update = statement_("UPDATE FAXKA SET KASTAT = 'queued', KANEXT = ?2, KAWHY = ?3 WHERE KAID = ?1");
    update.bind(1, id);
    update.bind(2, next);
    update.bind(3, reason);
    update.exec();
  });
}

void Ledger::finish(const Finished& finished) {
  if (finished.counted) results_.add(finished.id, finished.delivery);
  with([&] {
    begin();
    for (const auto& result : finished.delivery) {
      if (result.outcome == Outcome::temporary) continue;
      auto& update = statement_("UPDATE FAXRCP SET RCSTAT = ? WHERE RCKA = ? AND RCADDR = ?");
      update.bind(1, result.outcome == Outcome::sent ? "sent" : "failed");
      update.bind(2, finished.id);
      update.bind(3, result.address);
      update.exec();
    }
    end_mail(finished);
  });
}

/// By its recipients: some still open → waits or is held; else sent only if all were, otherwise failed.
void Ledger::end_mail(const Finished& finished) {
  auto& open = statement_(
      "UPDATE FAXKA SET KANEXT = ?2, KAWHY = ?3, KATRY = KATRY + ?4, KASTAT = CASE "
      "WHEN EXISTS(SELECT 1 FROM FAXRCP WHERE RCKA = ?1 AND RCSTAT = 'queued') THEN ?5 "
      "WHEN EXISTS(SELECT 1 FROM FAXRCP WHERE RCKA = ?1 AND RCSTAT = 'failed') THEN 'failed' "
      "ELSE 'sent' END WHERE KAID = ?1");
  open.bind(1, finished.id);
  open.bind(2, finished.next);
  open.bind(3, finished.reason);
  open.bind(4, finished.counted ? 1 : 0);
  open.bind(5, finished.held ? "held" : "queued");
  open.exec();
}

void Ledger::wake(const std::string& reason, const std::string& sender) {
  with([&] {
    begin();
    auto& update =
        statement_("UPDATE FAXKA SET KANEXT = 0, KAWHY = '' WHERE KASTAT = 'queued' AND KAWHY = ? AND KAFROM = ?");
    update.bind(1, reason);
    update.bind(2, sender);
    update.exec();
  });
}

void Ledger::bound_waits(std::int64_t now, std::int64_t latest) {
  with([&] {
    begin();
    auto& update = statement_("UPDATE FAXKA SET KANEXT = ? WHERE KASTAT = 'queued' AND KANEXT > ?");
    update.bind(1, now);
    update.bind(2, latest);
    update.exec();
  });
}

void Ledger::set_note(const std::string& key, const std::string& value) {
  with([&] {
    begin();
    auto& update =
        statement_("INSERT INTO FAXENG(EGKEY, EGVAL) VALUES(?1, ?2) ON CONFLICT(EGKEY) DO UPDATE SET EGVAL = ?2");
    auto& removal = statement_("DELETE FROM FAXENG WHERE EGKEY = ?1");
    auto& wanted = value.empty() ? removal : update;
    wanted.bind(1, key);
    if (!value.empty()) wanted.bind(2, value);
    wanted.exec();
  });
}

}  // namespace faxmail
