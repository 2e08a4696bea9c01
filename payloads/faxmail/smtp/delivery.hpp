// SPDX-License-Identifier: Apache-2.0
// What the queue hands to the dialogue and what it gets back: plain values.
#pragma once
#include <string>
#include <vector>

#include "payloads/faxmail/smtp/body.hpp"

namespace faxmail {

class Transcript;

struct Envelope {
  std::string from;  // may be empty: a report (RFC 5321 4.5.5)
  std::vector<std::string> to;
};

/// One mail as the dialogue needs it.
struct Outgoing {
  Envelope envelope;
  MessageBody body;
  bool eight_bit = false;           // the body holds bytes above 127 (RFC 6152)
  bool smtputf8 = false;            // headers hold UTF-8 (RFC 6531)
  std::string notify, ret, envid;   // RFC 3461; empty: the account's default
  Transcript* transcript = nullptr;  // gets the dialogue; null: nobody looks
};

enum class Outcome { sent, temporary, permanent };

/// Whom a failure concerns (decision D5). Only message and recipient may fail a mail; all others make mails wait.
enum class Scope { network, server, account, sender, message, recipient };

struct RecipientResult {
  std::string address;
  Outcome outcome = Outcome::temporary;
  int code = 0;      // SMTP, 0 if the server said nothing
  std::string text;  // of the server
  Scope scope = Scope::recipient;
  bool by_server = false;  // else it is our own verdict
};
using Delivery = std::vector<RecipientResult>;

}  // namespace faxmail
