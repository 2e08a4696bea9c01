// SPDX-License-Identifier: Apache-2.0
// FAXSTAT, the results: level 3 (5.91) holds one row per attempt of a mail, level 4 one row per recipient and attempt
// with ISO time and the server's answer. A result is written here before FAXKA is told, so that after a crash between
// the two a mail that was sent is not sent again. Only FAXKA is flushed for every mail: it decides what is sent. If the
// machine dies, FAXSTAT may lack results of the last second; no mail is lost or doubled by that.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "payloads/faxmail/product/data_file.hpp"
#include "payloads/faxmail/smtp/delivery.hpp"

namespace faxmail {

struct ResultRow {
  std::int64_t mail = 0;
  std::string recipient;  // empty: all (level 3)
  std::string code;       // SENT, RETRY, FAIL
  std::string time;       // 2020-08-11T12:34:56, UTC
  std::int64_t smtp = 0;
  std::string text;
};

/// What the last attempt of a mail meant for a recipient; only these are final.
enum class Verdict { unknown, sent, failed };

class Results {
 public:
  Results(const Layout& layout, const Capability& capability);

  /// One attempt. After commit() it survives the end of this process, after sync() also that of the machine.
  void add(std::int64_t mail, const Delivery& delivery);
  void commit();
  void sync();
  std::vector<ResultRow> of(std::int64_t mail);
  /// The newest rows of all mails, the newest first.
  std::vector<ResultRow> last(int count);
  Verdict verdict(std::int64_t mail, const std::string& recipient);

 private:
  std::vector<ResultRow> select(const std::string& tail, std::int64_t value);
  void add_attempt(std::int64_t mail, const Delivery& delivery, const std::string& time);
  void add_recipients(std::int64_t mail, const Delivery& delivery, const std::string& time);

  fs::path path_;
  int level_;
  SQLite::Database db_;
  std::optional<SQLite::Transaction> round_;
  std::optional<SQLite::Statement> insert_;  // of level 4, prepared once
  bool synced_ = true;
};

}  // namespace faxmail
