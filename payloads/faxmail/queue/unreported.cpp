// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/queue/unreported.hpp"

#include "base/durable.hpp"
#include "payloads/faxmail/queue/entry.hpp"

namespace faxmail {
namespace {

constexpr int delay_told = 1, failure_told = 2;
constexpr int at_once = 500;

}  // namespace

Unreported::Unreported(const Layout& layout, const Capability& capability)
    : path_(layout.data_file("FAXKA")), db_(open_data_file(layout, capability, "FAXKA")) {}

std::vector<UnreportedMail> Unreported::find(const std::string& delayed_before) {
  return dfi::with_database(path_, [&] {
    std::vector<UnreportedMail> mails;
    SQLite::Statement query(
        db_,
        "SELECT KAID, KASTAT = 'failed', KAFROM, KASUBJ, KAMSGID, KATS, KAOPT FROM FAXKA "
        "WHERE (KASTAT = 'failed' AND KAREP < ?1) OR (KASTAT = 'queued' AND KAREP < ?2 AND KATS < ?3) "
        "ORDER BY KAFROM, KAID LIMIT ?4");
    query.bind(1, failure_told);
    query.bind(2, delay_told);
    query.bind(3, delayed_before);
    query.bind(4, at_once);
    SQLite::Statement recipients(db_, "SELECT RCADDR FROM FAXRCP WHERE RCKA = ? AND RCSTAT = ? ORDER BY RCADDR");
    while (query.executeStep()) {
      UnreportedMail mail;
      mail.id = query.getColumn(0).getInt64();
      mail.failed = query.getColumn(1).getInt() != 0;
      mail.from = query.getColumn(2).getString();
      mail.subject = query.getColumn(3).getString();
      mail.message_id = query.getColumn(4).getString();
      mail.accepted = query.getColumn(5).getString();
      mail.notify = MailOptions::from_text(query.getColumn(6).getString()).notify;
      recipients.bind(1, mail.id);
      recipients.bind(2, mail.failed ? "failed" : "queued");
      while (recipients.executeStep()) mail.recipients.push_back(recipients.getColumn(0).getString());
      recipients.reset();
      mails.push_back(std::move(mail));
    }
    return mails;
  });
}

void Unreported::mark(const std::vector<UnreportedMail>& mails) {
  dfi::with_database(path_, [&] {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement update(db_, "UPDATE FAXKA SET KAREP = ? WHERE KAID = ?");
    for (const auto& mail : mails) {
      update.bind(1, mail.failed ? failure_told : delay_told);
      update.bind(2, mail.id);
      update.exec();
      update.reset();
    }
    dfi::durable::announce("commit", path_);
    transaction.commit();
  });
}

}  // namespace faxmail
