// SPDX-License-Identifier: Apache-2.0
// A message cut into header fields and body.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace faxmail {

/// Octets of a line without CRLF (RFC 5322 2.1.1).
constexpr std::size_t message_line_limit = 998;

struct HeaderField {
  std::string name;      // as written, without blanks
  std::string value;     // all behind the colon, folded, without blanks at the ends of lines and without the last CRLF
  std::size_t line = 0;  // of the message, from 1
  std::string raw{};     // its lines as they came, ending with CRLF; empty if the field is ours

  bool is(std::string_view other) const;  // without case
  /// On one line, without blanks at both ends.
  std::string unfolded() const;
};

struct MessageText {
  std::vector<HeaderField> fields;
  std::string body;           // CRLF lines
  std::size_t body_line = 1;  // number of its first line

  const HeaderField* find(std::string_view name) const;
  bool any_prefix(std::string_view prefix) const;
};

/// Any kind of line end is taken; the body's become CRLF, in the header a lone CR is refused, since what follows it
/// could be meant as a header line or not. A message that does not begin with a header line is all body. Throws Error
/// mail_message_nul, mail_message_header or mail_header_unsafe, which name the line or field.
MessageText split_message(std::string_view input);

/// The lines as they came; those of our own fields, and of one with a line over 998 octets, are "Name: value\r\n"
/// folded at blanks. Throws Error mail_message_line_long.
std::string header_line(const HeaderField& field);

/// Throws Error mail_message_line_long for the first line that is too long; `first` is the number of the first line.
void require_short_lines(std::string_view lines, std::size_t first);

}  // namespace faxmail
