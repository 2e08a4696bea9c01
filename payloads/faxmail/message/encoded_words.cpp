// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/encoded_words.hpp"

#include <iconv.h>

#include <algorithm>
#include <memory>
#include <type_traits>

#include "payloads/faxmail/message/encoding.hpp"

namespace faxmail {
namespace {

struct Word {
  std::string charset, bytes;
  std::size_t length = 0;  // of the whole word in the text
};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char upper = static_cast<char>(c & ~0x20);
  return upper >= 'A' && upper <= 'F' ? upper - 'A' + 10 : -1;
}

std::optional<std::string> q_decoded(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      bytes += text[i] == '_' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return std::nullopt;
    bytes += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
    i += 2;
  }
  return bytes;
}

/// `text` begins with "=?". No word is longer than a line.
std::optional<Word> word_at(std::string_view text) {
  text = text.substr(0, 998);
  const auto charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() || text[charset_end + 2] != '?')
    return std::nullopt;
  const auto start = charset_end + 3;
  const auto end = text.find("?=", start);
  if (end == std::string_view::npos) return std::nullopt;
  const auto payload = text.substr(start, end - start);
  if (payload.find_first_of(" \t?") != std::string_view::npos) return std::nullopt;
  const char kind = static_cast<char>(text[charset_end + 1] & ~0x20);
  const auto bytes = kind == 'B' ? unbase64(payload) : kind == 'Q' ? q_decoded(payload) : std::nullopt;
  if (!bytes) return std::nullopt;
  auto charset = text.substr(2, charset_end - 2);
  charset = charset.substr(0, charset.find('*'));  // RFC 2231: a language may follow
  return Word{std::string(charset), *bytes, end + 2};
}

std::optional<std::string> to_utf8(const std::string& charset, std::string bytes) {
  const bool plain =
      charset.size() <= 40 && std::all_of(charset.begin(), charset.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
      });
  if (!plain || charset.empty()) return std::nullopt;
  const iconv_t handle = ::iconv_open("UTF-8", charset.c_str());
  if (handle == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  const std::unique_ptr<std::remove_pointer_t<iconv_t>, int (*)(iconv_t)> guard(handle, ::iconv_close);
  std::string result(bytes.size() * 4 + 16, '\0');
  char* in = bytes.data();
  char* out = result.data();
  std::size_t in_left = bytes.size(), out_left = result.size();
  if (::iconv(handle, &in, &in_left, &out, &out_left) == static_cast<std::size_t>(-1)) return std::nullopt;
  result.resize(result.size() - out_left);
  return is_utf8(result) ? std::optional(result) : std::nullopt;
}

/// One or more words of the same charset, side by side: a careless program cuts characters between them.
std::string run_of_words(std::string_view text, std::size_t& at, Word word) {
  const auto first = at;
  at += word.length;
  for (;;) {
    const auto next = text.find_first_not_of(" \t", at);
    if (next == std::string_view::npos || next == at || text.substr(next, 2) != "=?") break;
    const auto more = word_at(text.substr(next));
    if (!more || more->charset != word.charset) break;
    word.bytes += more->bytes;
    at = next + more->length;
  }
  return to_utf8(word.charset, word.bytes).value_or(std::string(text.substr(first, at - first)));
}

}  // namespace

std::string decode_words(std::string_view text) {
  std::string result;
  bool after_word = false;
  for (std::size_t at = 0; at < text.size();) {
    // Blanks between two encoded words belong to neither.
    const auto next = text.find_first_not_of(" \t", at);
    const bool marked = next != std::string_view::npos && text.substr(next, 2) == "=?";
    const auto word = marked ? word_at(text.substr(next)) : std::nullopt;
    if (word) {
      if (!after_word) result += text.substr(at, next - at);
      at = next;
      result += run_of_words(text, at, *word);
      after_word = true;
    } else {
      result += text[at++];
      after_word = false;
    }
  }
  for (char& c : result)
    if ((c >= 0 && c < ' ') || c == 0x7f) c = ' ';
  return result;
}

}  // namespace faxmail
