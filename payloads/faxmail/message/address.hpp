// SPDX-License-Identifier: Apache-2.0
// A mail address as a person writes it: name@domain or "Name <name@domain>".
#pragma once
#include <string>

namespace faxmail {

struct Address {
  std::string name;  // UTF-8, may be empty
  std::string spec;  // name@domain, ASCII: what goes into MAIL FROM and RCPT TO
};

/// Throws Error mail_address_malformed, mail_header_unsafe or mail_not_utf8. What it returns cannot break out of an
/// SMTP command or a header line.
Address parse_address(const std::string& text);

}  // namespace faxmail
