// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/encoding.hpp"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/error.hpp"
#include "messages/mail.hpp"

namespace faxmail {
namespace {

constexpr std::size_t line_length = 76;
/// Bytes of one encoded word: "=?UTF-8?B?" + 60 + "?=" = 72 characters.
constexpr std::size_t word_bytes = 45;
constexpr std::size_t parameter_part = 50;

unsigned char byte_of(char c) { return static_cast<unsigned char>(c); }

/// The longest prefix of at most `limit` bytes that does not cut a UTF-8 character.
std::size_t whole_characters(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text.size();
  std::size_t end = limit;
  while (end > 0 && (byte_of(text[end]) & 0xC0) == 0x80) --end;
  return end;
}

/// Length of the UTF-8 character at the front, 0 if malformed (overlong, surrogate, beyond U+10FFFF).
std::size_t character_length(std::string_view text) {
  const unsigned char first = byte_of(text[0]);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte_of(text[i]) & 0xC0) != 0x80) return 0;
  const unsigned char second = byte_of(text[1]);
  const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                   (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return bad ? 0 : length;
}

std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("!#$&+-.^_`|~").find(c) != std::string_view::npos;
    result += plain ? std::string(1, c) : fmt::format("%{:02X}", byte_of(c));
  }
  return result;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

/// Blanks at either end of a header value do not come back.
bool blanks_survive(std::string_view text) { return text.substr(0, 1) != " " && (text.empty() || text.back() != ' '); }

/// `used` characters stand on the first line already.
std::string encoded_words(std::string_view text, std::size_t used) {
  constexpr std::size_t frame = 12;  // =?UTF-8?B??=
  std::string result;
  while (!text.empty()) {
    const auto room = used + frame + 8 < line_length ? (line_length - used - frame) / 4 * 3 : word_bytes;
    const auto size = whole_characters(text, std::min(room, word_bytes));
    if (!result.empty()) result += "\r\n ";
    result += "=?UTF-8?B?" + base64(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
    used = 1;
  }
  return result;
}

}  // namespace

std::optional<std::string> unbase64(std::string_view text) {
  const auto padding = text.size() - std::min(text.find_last_not_of('=') + 1, text.size());
  const auto digits = text.substr(0, text.size() - padding);
  const bool right =
      text.size() % 4 == 0 && padding <= 2 && std::all_of(digits.begin(), digits.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
      });
  if (!right) return std::nullopt;
  std::string result(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  result.resize(static_cast<std::size_t>(size) - padding);
  return result;
}

std::string base64_lines(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size() / 57 * 78 + 80);
  constexpr std::size_t line_bytes = line_length / 4 * 3;
  for (std::size_t at = 0; at < bytes.size(); at += line_bytes) result += base64(bytes.substr(at, line_bytes)) + "\r\n";
  return result;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return byte_of(c) < 0x80; });
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void require_header_safe(std::string_view field, std::string_view text) {
  const bool control = std::any_of(text.begin(), text.end(), [](char c) { return byte_of(c) < 0x20 || c == 0x7f; });
  if (control) throw dfi::Error(dfi::msg::mail_header_unsafe, {{"field", std::string(field)}});
  if (!is_utf8(text)) throw dfi::Error(dfi::msg::mail_not_utf8, {{"field", std::string(field)}});
}

std::string encode_header_text(std::string_view text, std::size_t used) {
  const bool plain = is_ascii(text) && used + text.size() <= line_length && text.find("=?") == std::string_view::npos &&
                     blanks_survive(text);
  if (plain) return std::string(text);
  return encoded_words(text, used);
}

std::string encode_phrase(std::string_view text) {
  if (!is_ascii(text) || text.size() > 60 || text.find("=?") != std::string_view::npos) return encoded_words(text, 8);
  const bool atoms = text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ ") ==
                         std::string_view::npos &&
                     blanks_survive(text) && text.find("  ") == std::string_view::npos;
  if (atoms) return std::string(text);
  const auto result = quoted(text);  // may be twice as long
  return result.size() <= 62 ? result : encoded_words(text, 8);
}

std::string encode_parameter(std::string_view name, std::string_view value) {
  if (is_ascii(value) && value.size() <= parameter_part) return fmt::format(";\r\n {}={}", name, quoted(value));
  const auto encoded = percent_encoded(value);
  if (encoded.size() <= parameter_part) return fmt::format(";\r\n {}*=UTF-8''{}", name, encoded);
  std::string result;
  for (std::size_t at = 0, part = 0; at < encoded.size(); ++part) {
    std::size_t end = std::min(at + parameter_part, encoded.size());
    while (end < encoded.size() && (encoded[end - 1] == '%' || encoded[end - 2] == '%')) --end;  // never cut %XX
    result += fmt::format(";\r\n {}*{}*={}{}", name, part, part == 0 ? "UTF-8''" : "", encoded.substr(at, end - at));
    at = end;
  }
  return result;
}

}  // namespace faxmail
