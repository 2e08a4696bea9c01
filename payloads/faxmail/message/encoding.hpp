// SPDX-License-Identifier: Apache-2.0
// The encodings of a mail: base64 (RFC 2045), encoded words in headers (RFC 2047), parameters with any characters
// (RFC 2231). Everything written is ASCII, in lines of at most 76 characters ended by CRLF.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/base64.hpp"

namespace faxmail {

using dfi::base64;
/// Strict: nothing for anything that is no base64 of whole groups.
std::optional<std::string> unbase64(std::string_view text);
/// In lines of 76 characters, each ended by CRLF.
std::string base64_lines(std::string_view bytes);

bool is_ascii(std::string_view text);
bool is_utf8(std::string_view text);
/// Throws Error mail_header_unsafe (control characters) or mail_not_utf8 naming `field`.
void require_header_safe(std::string_view field, std::string_view text);

/// A text for a header that began with `used` characters on its line: as it is if ASCII and short, else encoded words,
/// folded.
std::string encode_header_text(std::string_view text, std::size_t used);
/// A display name: atoms, a quoted string or encoded words.
std::string encode_phrase(std::string_view text);
/// `;\r\n filename=…` with RFC 2231 where a quoted string does not do.
std::string encode_parameter(std::string_view name, std::string_view value);

}  // namespace faxmail
