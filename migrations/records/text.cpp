// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "messages/records.hpp"

namespace dfi::records {
namespace {

bool is_padding(char byte, const CodePage& page) {
  return byte == '\0' || static_cast<unsigned char>(byte) == page.blank;
}

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80; }

/// Bytes of the character at the start, 0 if it is malformed (overlong forms, surrogates and beyond U+10FFFF too).
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!continues(text[i])) return 0;
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool no_character = (first == 0xED && byte(1) >= 0xA0) || (first == 0xF4 && byte(1) >= 0x90);
  return overlong || no_character ? 0 : length;
}

[[noreturn]] void refuse_truncated(const Value& text, std::size_t length) {
  throw Refused{
      FaultKind::truncated,
      {msg::record_truncated, {{"value", shown(to_utf8(text.text, *text.page))}, {"length", std::to_string(length)}}},
      nullptr,
      true};
}

[[noreturn]] void refuse_unmappable(char32_t character, const CodePage& page) {
  throw Refused{FaultKind::unmappable,
                {msg::record_unmappable,
                 {{"character", shown(utf8_of(character))},
                  {"code", fmt::format("U+{:04X}", static_cast<std::uint32_t>(character))},
                  {"ccsid", std::to_string(page.ccsid)}}},
                nullptr,
                true};
}

/// The bytes of a character in a page; their number.
std::size_t put_character(char32_t character, const CodePage& page, const Allowance& allowance, char* out) {
  if (is_utf8_page(page)) return put_utf8(character, out);
  auto byte = page.find(character);
  if (byte < 0 && allowance.unmappable) byte = page.find(*allowance.unmappable);
  if (byte < 0) refuse_unmappable(character, page);
  *out = static_cast<char>(byte);
  return 1;
}

}  // namespace

std::string_view trim_right(std::string_view text, const CodePage& page) {
  while (!text.empty() && is_padding(text.back(), page)) text.remove_suffix(1);
  return text;
}

std::string_view trim_both(std::string_view text, const CodePage& page) {
  text = trim_right(text, page);
  while (!text.empty() && is_padding(text.front(), page)) text.remove_prefix(1);
  return text;
}

std::size_t valid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto length = character_length(text.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

char32_t next_character(std::string_view& text, const CodePage& page) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (!is_utf8_page(page) || first < 0x80) {
    text.remove_prefix(1);
    return is_utf8_page(page) ? first : page.to_unicode[first];
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  char32_t character = first & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) character = character << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  text.remove_prefix(length);
  return character;
}

std::size_t put_utf8(char32_t character, char* out) {
  if (character < 0x80) {
    *out = static_cast<char>(character);
    return 1;
  }
  const std::size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
  for (std::size_t i = length - 1; i > 0; --i, character >>= 6) out[i] = static_cast<char>(0x80u | (character & 0x3F));
  out[0] = static_cast<char>((0xF00u >> length & 0xFFu) | character);
  return length;
}

std::string utf8_of(char32_t character) {
  char bytes[4];
  return {bytes, put_utf8(character, bytes)};
}

std::string to_utf8(std::string_view text, const CodePage& page) {
  if (is_utf8_page(page)) return std::string(text);
  std::string result;
  for (const char byte : text) {
    const auto& utf8 = page.utf8[static_cast<unsigned char>(byte)];
    result.append(utf8.data(), static_cast<std::size_t>(utf8[3]));
  }
  return result;
}

std::string_view to_utf8(const Value& text, Arena& arena) {
  if (is_utf8_page(*text.page)) return text.text;
  return arena.keep(to_utf8(text.text, *text.page));
}

std::string shown(std::string_view utf8) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (valid_utf8(utf8) == utf8.size() && std::none_of(utf8.begin(), utf8.end(), is_control)) return std::string(utf8);
  return hex_of(utf8);
}

void put_text(const Value& text, const CodePage& page, const Allowance& allowance, char* out, std::size_t length) {
  auto rest = trim_right(text.text, *text.page);
  std::size_t used = 0;
  if (text.page == &page && !is_utf8_page(page)) {
    used = std::min(rest.size(), length);
    if (used < rest.size() && !allowance.truncate) refuse_truncated(text, length);
    std::copy_n(rest.data(), used, out);
    rest = {};
  }
  while (!rest.empty()) {
    char bytes[4];
    const auto size = put_character(next_character(rest, *text.page), page, allowance, bytes);
    if (used + size > length) {
      if (!allowance.truncate) refuse_truncated(text, length);
      break;
    }
    std::copy_n(bytes, size, out + used);
    used += size;
  }
  std::fill(out + used, out + length, static_cast<char>(page.blank));
}

}  // namespace dfi::records
