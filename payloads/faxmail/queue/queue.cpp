// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/queue/queue.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "messages/mail.hpp"

namespace faxmail {
namespace {

/// sendmail takes up to 256 MiB.
constexpr std::uintmax_t largest_message = std::uintmax_t{2} << 30;

}  // namespace

Queue::Queue(const Layout& layout, const Capability& capability)
    : path_(layout.data_file("FAXKA")), bodies_(layout), db_(open_data_file(layout, capability, "FAXKA")) {
  with([&] { db_.exec("PRAGMA foreign_keys=ON"); });
}

void Queue::commit(SQLite::Transaction& transaction) {
  dfi::durable::announce("commit", path_);
  transaction.commit();
}

Accepted Queue::submit(const Submission& submission) {
  // A repetition must not write a body first.
  if (auto found = with([&] { return known(submission.key); })) return *found;
  const bool large = submission.message.size() > largest_inline_body;
  return submit_all({&submission}, {large ? bodies_.store(submission.message) : std::string()}).front();
}

std::vector<Accepted> Queue::submit_all(const std::vector<const Submission*>& submissions,
                                        const std::vector<std::string>& files) {
  // The files' names before the rows that need them.
  if (std::any_of(files.begin(), files.end(), [](const std::string& file) { return !file.empty(); })) bodies_.sync();
  return with([&] {
    std::vector<Accepted> accepted;
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    for (std::size_t i = 0; i < submissions.size(); ++i) {
      auto found = known(submissions[i]->key);
      accepted.push_back(found ? *found : insert(*submissions[i], files[i]));
    }
    commit(transaction);
    return accepted;
  });
}

std::optional<Accepted> Queue::known(const std::string& key) {
  if (key.empty()) return std::nullopt;
  auto& query = statement_("SELECT KAID, KAMSGID FROM FAXKA WHERE KAKEY = ?");
  query.bind(1, key);
  std::optional<Accepted> found;
  if (query.executeStep()) found = Accepted{query.getColumn(0).getInt64(), query.getColumn(1).getString(), true};
  query.reset();  // an open cursor would keep the log from being folded in
  return found;
}

/// Some mailboxes drop a second mail with the same Message-ID without a word (mail study 7.3.3).
void Queue::refuse_message_id(const std::string& message_id) {
  SQLite::Statement same(db_, "SELECT KAID FROM FAXKA WHERE KAMSGID = ?");
  same.bind(1, message_id);
  const auto mail = same.executeStep() ? same.getColumn(0).getString() : std::string("?");
  throw dfi::Error(dfi::msg::mail_message_id_used, {{"mail", mail}, {"message_id", message_id}});
}

Accepted Queue::insert(const Submission& submission, const std::string& file) {
  auto& mail = statement_(
      "INSERT INTO FAXKA(KAKEY, KATS, KAUSR, KAFROM, KASUBJ, KAMSGID, KASIZE, KAOPT, KASTAT, KAWHY, KAREP) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(KAMSGID) DO NOTHING");
  if (!submission.key.empty()) mail.bind(1, submission.key);
  const auto& history = submission.history;
  mail.bind(2, history.accepted.empty() ? dfi::now_utc() : history.accepted);
  mail.bind(3, submission.user);
  mail.bind(4, submission.from);
  mail.bind(5, submission.subject);
  mail.bind(6, submission.message_id);
  mail.bind(7, static_cast<std::int64_t>(submission.message.size()));
  mail.bind(8, submission.options.to_text());
  mail.bind(9, history.status);
  mail.bind(10, history.reason);
  mail.bind(11, history.reported);
  if (mail.exec() == 0) refuse_message_id(submission.message_id);
  const auto id = db_.getLastInsertRowid();
  auto& body = statement_("INSERT INTO FAXMSG(MSKA, MSMAIL, MSFILE) VALUES(?, ?, ?)");
  body.bind(1, id);
  if (file.empty())
    body.bindNoCopy(2, submission.message.data(), static_cast<int>(submission.message.size()));
  else
    body.bind(3, file);
  body.exec();
  const auto add = [&](const std::string& address, const std::string& status) {
    auto& recipient = statement_("INSERT OR IGNORE INTO FAXRCP(RCKA, RCADDR, RCSTAT) VALUES(?, ?, ?)");
    recipient.bind(1, id);
    recipient.bind(2, address);
    recipient.bind(3, status);
    recipient.exec();
  };
  for (const auto& address : submission.to) add(address, "queued");
  for (const auto& over : history.recipients) add(over.address, over.status);
  return Accepted{id, submission.message_id, false};
}

bool Queue::due(std::int64_t now) {
  return with([&] {
    SQLite::Statement query(db_, "SELECT 1 FROM FAXKA WHERE KASTAT = 'queued' AND KANEXT <= ? LIMIT 1");
    query.bind(1, now);
    return query.executeStep();
  });
}

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
    SQLite::Statement query(db_,
                            "SELECT KAID, KATRY, KANEXT, KASIZE, ifnull(KAKEY, ''), KASTAT, KATS, KAUSR, KAFROM, "
                            "KASUBJ, KAMSGID, KAWHY, KAOPT, KAREP FROM FAXKA " +
                                where + " ORDER BY KAID");
    SQLite::Statement recipients(db_, "SELECT RCADDR, RCSTAT FROM FAXRCP WHERE RCKA = ? ORDER BY RCADDR");
    if (!where.empty()) query.bind(1, value);
    while (query.executeStep()) {
      auto text = [&](int column) { return query.getColumn(column).getString(); };
      auto number = [&](int column) { return query.getColumn(column).getInt64(); };
      QueueEntry entry{number(0), number(1), number(2), number(3), text(4),  text(5),  text(6),
                       text(7),   text(8),   text(9),   text(10),  text(11), text(12), static_cast<int>(number(13)),
                       {}};
      recipients.bind(1, entry.id);
      while (recipients.executeStep())
        entry.recipients.push_back({recipients.getColumn(0).getString(), recipients.getColumn(1).getString()});
      recipients.reset();
      entries.push_back(std::move(entry));
    }
    return entries;
  });
}

std::string Queue::message_of(std::int64_t id) {
  const auto file = with([&]() -> std::pair<std::string, std::string> {
    SQLite::Statement query(db_, "SELECT MSMAIL, ifnull(MSFILE, '') FROM FAXMSG WHERE MSKA = ?");
    query.bind(1, id);
    if (!query.executeStep()) throw dfi::Error(dfi::msg::mail_unknown, {{"mail", std::to_string(id)}});
    return {query.getColumn(0).getString(), query.getColumn(1).getString()};
  });
  return file.second.empty() ? file.first : dfi::read_file(bodies_.path_of(file.second), largest_message);
}

std::vector<std::pair<std::string, std::int64_t>> Queue::counts() {
  return with([&] {
    std::vector<std::pair<std::string, std::int64_t>> result;
    for (const char* status : {"queued", "active", "dot", "sent", "failed", "held"}) result.emplace_back(status, 0);
    // One statement, one moment: a mail on its way from one status to the next is counted once.
    SQLite::Statement query(db_, "SELECT KASTAT, count(*) FROM FAXKA GROUP BY KASTAT");
    while (query.executeStep())
      for (auto& [status, count] : result)
        if (status == query.getColumn(0).getString()) count = query.getColumn(1).getInt64();
    return result;
  });
}

}  // namespace faxmail
