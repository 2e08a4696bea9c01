// SPDX-License-Identifier: Apache-2.0
// Texts in code pages: trimming, reading character by character, writing into a field.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "migrations/records/value.hpp"

namespace dfi::records {

inline bool is_utf8_page(const CodePage& page) { return page.ccsid == ccsid_utf8; }

/// Without trailing blanks and NULs.
std::string_view trim_right(std::string_view text, const CodePage& page);
/// Without blanks and NULs on either side.
std::string_view trim_both(std::string_view text, const CodePage& page);

/// Length of the longest start of `text` that is well-formed UTF-8.
std::size_t valid_utf8(std::string_view text);

/// Takes the next character off a text that is valid; `text` must not be empty.
char32_t next_character(std::string_view& text, const CodePage& page);
/// Appends a character as UTF-8; the number of bytes (1 to 4).
std::size_t put_utf8(char32_t character, char* out);
std::string utf8_of(char32_t character);

/// The whole text as UTF-8.
std::string to_utf8(std::string_view text, const CodePage& page);
/// The same; a view of `text` where that is UTF-8 already, else kept in the arena.
std::string_view to_utf8(const Value& text, Arena& arena);

/// As a message shows it: bytes that are no UTF-8, or hold control characters, as hexadecimal digits.
std::string shown(std::string_view utf8);

/// Fills `out` with the text, its trailing blanks and NULs replaced by blanks of `page`. Throws Refused (truncated,
/// unmappable) with `by_target` set.
void put_text(const Value& text, const CodePage& page, const Allowance& allowance, char* out, std::size_t length);

}  // namespace dfi::records
