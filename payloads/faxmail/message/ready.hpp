// SPDX-License-Identifier: Apache-2.0
// A message that is ready to go: what the queue gets, whether we composed it or another program handed it over
// complete (RFC 5322 from standard input, as to sendmail). The reader promises:
// - CRLF line ends only, no NUL, no line over 998 octets, no Bcc;
// - From, Date and Message-ID are there, from now on fixed; those that came in are kept;
// - a header line is what its author wrote as one: a lone CR or a control character in the header is refused;
// - every byte of all other header lines stays, since a DKIM signature may cover them, and so does the body, with three
//   exceptions for the sake of old servers: a body without any MIME header that is not plain short ASCII becomes
//   base64; Subject and names in raw UTF-8 become encoded words; a header line over 998 octets is folded.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "payloads/faxmail/message/address.hpp"

namespace faxmail {

struct ReadyMessage {
  std::string from;             // envelope sender; empty: <>
  std::vector<std::string> to;  // envelope, each once
  std::string subject;          // UTF-8, for lists
  std::string message_id;
  std::string bytes;
  bool eight_bit = false;  // the body needs 8BITMIME
  bool smtputf8 = false;   // an address or a header needs SMTPUTF8
  std::string identity;    // digest of what was handed over if that named its Message-ID; empty: a new mail each time
};

/// What goes with a message that is handed over.
struct Handover {
  std::optional<std::string> envelope_from;  // nothing: the From (or Sender) of the header; empty: <>
  std::string sender_name;                   // for a From header that must be made
  std::vector<Address> to;
  bool header_recipients = false;           // also those of To, Cc and Bcc
  std::function<Address()> default_sender;  // asked if the message has no From; may throw
};

/// Throws Error mail_message_…, mail_recipients_missing, mail_address_malformed, mail_header_unsafe, mail_not_utf8 and
/// what default_sender throws.
ReadyMessage read_message(std::string_view input, const Handover& handover);

/// Appends those that are not yet there; the domain is compared without case.
void add_recipients(ReadyMessage& message, const std::vector<Address>& addresses);

}  // namespace faxmail
