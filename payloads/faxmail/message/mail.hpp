// SPDX-License-Identifier: Apache-2.0
// The writer of mails: text and fax attachments become one MIME message. Every line ends with CRLF, is ASCII and
// shorter than 998 characters, so that any server takes it without 8BITMIME. Message-ID and Date are fixed here, once:
// a mail that is sent again after a crash is the same mail, and Exchange drops the second copy.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "payloads/faxmail/message/address.hpp"

namespace faxmail {

struct Attachment {
  std::string name;  // file name without directory, UTF-8
  std::string type;  // "application/pdf" or "image/tiff"
  std::string content;

  /// Throws os_error or Error mail_attachment_kind (only PDF and TIF).
  static Attachment read(const std::filesystem::path& file);
};

struct Mail {
  Address from;
  std::vector<Address> to;
  std::string subject, text;  // UTF-8; line ends of any kind
  std::vector<Attachment> attachments;
  std::string message_id;  // "<…@…>"
  std::string date;        // RFC 5322
};

/// Twice as many digits as `bytes`.
std::string random_hex(std::size_t bytes);
/// "<32 hex digits@domain of the sender>", random.
std::string new_message_id(const Address& from);
/// Now, as RFC 5322 wants it, in UTC.
std::string mail_date();

/// The message as it stands in the queue. Throws Error mail_header_unsafe or mail_not_utf8.
std::string compose(const Mail& mail);

}  // namespace faxmail
