// SPDX-License-Identifier: Apache-2.0
// The writer of mails: text (plain and HTML), a logo and fax attachments become one MIME message. Every line ends with
// CRLF, is ASCII (but for addresses whose local part is not) and shorter than 998 characters, so that any server takes
// it without 8BITMIME. Message-ID and Date are fixed here, once: a mail that is sent again after a crash is the same
// mail, and Exchange drops the second copy.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "payloads/faxmail/message/address.hpp"
#include "payloads/faxmail/message/parts.hpp"
#include "payloads/faxmail/message/ready.hpp"

namespace faxmail {

struct Mail {
  Address from;
  std::vector<Address> to, cc, bcc, reply_to;  // bcc stands in no header
  std::string subject, text;                   // UTF-8; line ends of any kind
  std::string html;                            // UTF-8; empty: only if there is a logo, then made from the text
  std::optional<Logo> logo;                    // shown where the HTML says {logo}, else above everything
  std::vector<Attachment> attachments;
  std::string message_id;  // "<…@…>"
  std::string date;        // RFC 5322
};

/// "<32 hex digits@domain of the sender>", random.
std::string new_message_id(const Address& from);
/// Now, as RFC 5322 wants it, in UTC.
std::string mail_date();

/// The bytes of the message. Throws Error mail_header_unsafe or mail_not_utf8.
std::string compose(const Mail& mail);
/// The same with everything the queue must know.
ReadyMessage compose_ready(const Mail& mail);

/// "To: a@example.com,\r\n Name <b@example.com>\r\n"
std::string address_header(const std::string& name, const std::vector<Address>& addresses);
/// "Subject: …\r\n", encoded and folded where it must be. Throws Error mail_header_unsafe or mail_not_utf8.
std::string text_header(const std::string& name, const std::string& text);

}  // namespace faxmail
