// SPDX-License-Identifier: Apache-2.0
// The characters of RFC 5322 that addresses are made of, and the reader of one address without a name.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace faxmail {

/// What may stand in an atom: printable ASCII without specials, and every byte of UTF-8 (RFC 6532).
bool atom_character(char c);
/// Without blanks at both ends.
std::string trimmed(std::string_view text);
/// Without surrounding quotation marks and their backslashes, if it has any.
std::string unquoted(const std::string& text);
/// local@domain or <local@domain>, nothing before, behind or between; nothing if it is not one.
std::optional<std::string> read_single_spec(std::string_view text);

}  // namespace faxmail
