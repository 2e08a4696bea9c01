// SPDX-License-Identifier: Apache-2.0
// The rows of FAXKA as values.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "payloads/faxmail/smtp/delivery.hpp"

namespace faxmail {

/// What a mail demands of the dialogue; stored with it (KAOPT).
struct MailOptions {
  bool eight_bit = false, smtputf8 = false;
  std::string notify, ret, envid;  // RFC 3461

  /// JSON; empty if nothing is set.
  std::string to_text() const;
  static MailOptions from_text(const std::string& text);
  dfi::Json to_json() const;
  static MailOptions from_json(const dfi::Json& json);
};

struct QueueRecipient {
  std::string address, status;
};

/// What a mail that comes back from an export had become before: it is not sent (again) as if it were new.
struct History {
  std::string status = "queued";  // queued, held, sent, failed
  std::string reason;
  std::string accepted;                    // of a mail that is over; empty: now
  int reported = 0;                        // KAREP: what its sender has been told
  std::vector<QueueRecipient> recipients;  // those that are over: sent, failed
};

struct Submission {
  std::string key;  // empty: none; the same key again is the same mail
  std::string user, from, subject, message_id, message;
  std::vector<std::string> to;
  MailOptions options{};
  History history{};
};

struct Accepted {
  std::int64_t id;
  std::string message_id;
  bool existing;  // the key was known: nothing was added
};

/// A mail the engine has taken; `outgoing.envelope` holds the recipients that are still to be served.
struct QueuedMail {
  std::int64_t id = 0, tries = 0;
  std::string accepted, message_id;
  Outgoing outgoing;
};

struct QueueEntry {
  std::int64_t id = 0, tries = 0, next = 0, size = 0;
  std::string key, status, accepted, user, from, subject, message_id, reason, options;
  int reported = 0;  // KAREP
  std::vector<QueueRecipient> recipients;
};

}  // namespace faxmail
