// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/queue/results.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "payloads/faxmail/product/utc.hpp"

namespace faxmail {
namespace {

constexpr int recipient_level = 4;

const char* code_of(Outcome outcome) {
  return outcome == Outcome::sent ? "SENT" : outcome == Outcome::permanent ? "FAIL" : "RETRY";
}

/// Of a whole mail: it is sent when all are, and it is not over while one is tried again.
const char* code_of(const Delivery& delivery) {
  auto any = [&](Outcome outcome) {
    return std::any_of(delivery.begin(), delivery.end(), [&](const auto& result) { return result.outcome == outcome; });
  };
  if (any(Outcome::temporary)) return "RETRY";
  return any(Outcome::permanent) ? "FAIL" : "SENT";
}

}  // namespace

Results::Results(const Layout& layout, const Capability& capability)
    : path_(layout.data_file("FAXSTAT")),
      level_(capability.level("FAXSTAT")),
      db_(open_data_file(layout, capability, "FAXSTAT")) {
  // A commit writes, sync() flushes.
  dfi::with_database(path_, [&] { db_.exec("PRAGMA synchronous=NORMAL"); });
}

void Results::add(std::int64_t mail, const Delivery& delivery) {
  const auto time = dfi::now_utc().substr(0, 19);
  dfi::with_database(path_, [&] {
    if (!round_) round_.emplace(db_, SQLite::TransactionBehavior::IMMEDIATE);
    level_ >= recipient_level ? add_recipients(mail, delivery, time) : add_attempt(mail, delivery, time);
  });
}

void Results::commit() {
  if (!round_) return;
  dfi::with_database(path_, [&] {
    dfi::durable::announce("commit", path_);
    round_->commit();
    round_.reset();
    synced_ = false;
  });
}

void Results::sync() {
  if (synced_) return;
  // Folding the log in flushes it first.
  dfi::with_database(path_, [&] { db_.exec("PRAGMA wal_checkpoint(PASSIVE)"); });
  synced_ = true;
}

void Results::add_attempt(std::int64_t mail, const Delivery& delivery, const std::string& time) {
  SQLite::Statement insert(db_, "INSERT INTO FAXSTAT(STKA, STCODE, STDAT, STTIM) VALUES(?, ?, ?, ?)");
  insert.bind(1, mail);
  insert.bind(2, code_of(delivery));
  insert.bind(3, compact_utc(time.substr(0, 10)));
  insert.bind(4, compact_utc(time.substr(11)));
  insert.exec();
}

void Results::add_recipients(std::int64_t mail, const Delivery& delivery, const std::string& time) {
  if (!insert_)
    insert_.emplace(db_, "INSERT INTO FAXSTAT(STKA, STRCP, STCODE, STTS, STSMTP, STTEXT) VALUES(?, ?, ?, ?, ?, ?)");
  for (const auto& result : delivery) {
    insert_->bind(1, mail);
    insert_->bind(2, result.address);
    insert_->bind(3, code_of(result.outcome));
    insert_->bind(4, time);
    insert_->bind(5, result.code);
    insert_->bind(6, result.text);
    insert_->exec();
    insert_->reset();
  }
}

std::vector<ResultRow> Results::of(std::int64_t mail) { return select("WHERE STKA = ? ORDER BY STID", mail); }

std::vector<ResultRow> Results::last(int count) { return select("ORDER BY STID DESC LIMIT ?", count); }

std::vector<ResultRow> Results::select(const std::string& tail, std::int64_t value) {
  return dfi::with_database(path_, [&] {
    // Level 3 keeps day and time apart; both levels are shown as level 4.
    const std::string columns =
        level_ >= recipient_level
            ? "STKA, STRCP, STCODE, STTS, STSMTP, STTEXT"
            : "STKA, '', STCODE, substr(STDAT,1,4)||'-'||substr(STDAT,5,2)||'-'||substr(STDAT,7,2)||'T'||"
              "substr(STTIM,1,2)||':'||substr(STTIM,3,2)||':'||substr(STTIM,5,2), 0, ''";
    SQLite::Statement query(db_, "SELECT " + columns + " FROM FAXSTAT " + tail);
    query.bind(1, value);
    std::vector<ResultRow> rows;
    while (query.executeStep())
      rows.push_back({query.getColumn(0).getInt64(), query.getColumn(1).getString(), query.getColumn(2).getString(),
                      query.getColumn(3).getString(), query.getColumn(4).getInt64(), query.getColumn(5).getString()});
    return rows;
  });
}

Verdict Results::verdict(std::int64_t mail, const std::string& recipient) {
  Verdict verdict = Verdict::unknown;
  for (const auto& row : of(mail)) {
    if (!row.recipient.empty() && row.recipient != recipient) continue;
    verdict = row.code == "SENT" ? Verdict::sent : row.code == "FAIL" ? Verdict::failed : Verdict::unknown;
  }
  return verdict;
}

}  // namespace faxmail
