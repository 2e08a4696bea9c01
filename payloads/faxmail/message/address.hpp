// SPDX-License-Identifier: Apache-2.0
// Mail addresses: one as a person types it (name@domain or Name <name@domain>), and the lists of a header (RFC 5322:
// groups, comments, quoted strings, encoded names). Domains with any letters become A-labels (IDNA 2008); a local part
// with other letters than ASCII stays as it is and needs a server with SMTPUTF8.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faxmail {

struct Address {
  std::string name;  // UTF-8 without control characters, may be empty
  std::string spec;  // local@domain: what goes into MAIL FROM and RCPT TO. The domain is ASCII or [literal]; the local
                     // part is a dot-string or, where it must be, a quoted string (which may hold blanks and '@')
};

/// One address. Throws Error mail_address_malformed, mail_header_unsafe or mail_not_utf8. What it returns cannot break
/// out of an SMTP command or a header line.
Address parse_address(const std::string& text);

/// All addresses of a header field: groups are resolved, comments dropped (a comment names an address that has no
/// name), encoded words decoded. `text` is the unfolded value. Throws Error mail_address_malformed, mail_header_unsafe
/// or mail_not_utf8.
std::vector<Address> parse_address_list(const std::string& text, const std::string& field);

/// "[192.0.2.1]" or "example.com" of local@domain.
std::string domain_of(const std::string& spec);

/// The domain as it stands in an SMTP command: ASCII, labels of 1-63 letters, digits, '-' and '_', 253 in all; or a
/// literal [192.0.2.1], [IPv6:2001:db8::1]. Nothing if it cannot be one.
std::optional<std::string> ascii_domain(std::string_view domain);

/// local@domain in its shortest form. `content` is the local part without quoting; `quoted` tells whether it had any,
/// since only then it may hold more than a dot-string. Nothing if RFC 5321 does not allow it.
std::optional<std::string> make_spec(std::string_view content, bool quoted, std::string_view domain);

}  // namespace faxmail
