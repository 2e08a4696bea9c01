// SPDX-License-Identifier: Apache-2.0
// Mails whose senders must still be told that they failed for good, or that they wait for long.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/database.hpp"
#include "payloads/faxmail/product/data_file.hpp"

namespace faxmail {

struct UnreportedMail {
  std::int64_t id = 0;
  bool failed = false;  // else: delayed
  std::string from, subject, message_id, accepted, notify;
  std::vector<std::string> recipients;  // those that failed or wait
};

class Unreported {
 public:
  Unreported(const Layout& layout, const Capability& capability);

  /// Failed mails, and mails that wait and were accepted before `delayed_before` (UTC; empty: none), by sender.
  std::vector<UnreportedMail> find(const std::string& delayed_before);
  /// They are not found again for the same reason.
  void mark(const std::vector<UnreportedMail>& mails);

 private:
  fs::path path_;
  SQLite::Database db_;
};

}  // namespace faxmail
