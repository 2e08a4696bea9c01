// SPDX-License-Identifier: Apache-2.0
// The message that tells a sender what became of his mails: text for people and, as its second part, the same for
// programs (RFC 3462, 3464).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "payloads/faxmail/product/texts.hpp"
#include "payloads/faxmail/queue/entry.hpp"

namespace faxmail {

struct ReportedRecipient {
  std::string address;
  std::int64_t code = 0;  // SMTP, 0 if no server has said anything
  std::string text;
};

struct ReportedMail {
  bool failed = true;  // else it still waits
  std::string subject, message_id, accepted;
  std::vector<ReportedRecipient> recipients;
};

struct Report {
  std::string to;
  std::string postmaster;  // named as its author; empty: MAILER-DAEMON of the recipient's domain
  std::vector<ReportedMail> mails;
};

/// From the null sender, so that no report can beget another (RFC 5321 4.5.5).
Submission compose_report(const Report& report, const Texts& texts);

}  // namespace faxmail
