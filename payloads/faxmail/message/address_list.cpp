// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/address_list.hpp"

#include "base/error.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/message/address.hpp"
#include "payloads/faxmail/message/encoded_words.hpp"
#include "payloads/faxmail/message/encoding.hpp"

namespace faxmail {
namespace {

/// A sequence of words and dots as it stands before '@', '<' or ':'. As a phrase the gaps are blanks, as a local part
/// there may be none.
struct Words {
  std::string phrase;   // as it is read aloud, encoded words still encoded
  std::string content;  // as a local part, without quoting
  bool any = false, quoted = false, gap = false;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<Address> list() {
    std::vector<Address> addresses;
    for (skip(); !at_end(); skip()) {
      if (take(',')) continue;
      entry(addresses);
      skip();
      if (!at_end() && peek() != ',') malformed();
    }
    return addresses;
  }

  std::optional<std::string> single() {
    const bool bracket = take('<');
    if (bracket) blanks();
    auto words = read_words();
    auto spec = words.any && !words.gap && take('@') ? finish_spec(words) : std::nullopt;
    if (bracket) blanks();
    if (bracket && !take('>')) return std::nullopt;
    return at_end() ? spec : std::nullopt;
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void blanks() {
    while (!at_end() && (peek() == ' ' || peek() == '\t')) ++at_;
  }

  [[noreturn]] void malformed() const {
    auto shown = trimmed(text_.substr(start_, std::min(text_.find(',', at_), start_ + 100) - start_));
    throw dfi::Error(dfi::msg::mail_address_malformed, {{"address", shown}});
  }

  /// Blanks and comments (which may nest). True if there were any.
  bool skip() {
    const auto before = at_;
    for (blanks(); take('('); blanks()) {
      comment_.clear();
      for (int depth = 1; depth > 0; ++at_) {
        if (at_end()) malformed();
        const char c = text_[at_];
        if (c == '\\' && at_ + 1 < text_.size()) ++at_;
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (depth > 0) comment_ += text_[at_];
      }
    }
    return at_ != before;
  }

  /// At an opening quotation mark.
  bool quoted_string(std::string& content) {
    for (++at_; !at_end(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return true;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      content += text_[at_];
    }
    return false;
  }

  Words read_words() {
    Words words;
    bool gap = false;
    while (!at_end() && (peek() == '"' || peek() == '.' || atom_character(peek()))) {
      std::string piece;
      if (peek() == '"') {
        words.quoted = true;
        if (!quoted_string(piece)) malformed();
      } else {
        while (!at_end() && (peek() == '.' || atom_character(peek()))) piece += text_[at_++];
      }
      words.gap = words.gap || gap;
      words.phrase += (gap ? " " : "") + piece;
      words.content += piece;
      words.any = true;
      gap = skip();
    }
    return words;
  }

  /// Behind the '@'.
  std::optional<std::string> finish_spec(const Words& words) {
    skip();
    std::string domain;
    if (peek() == '[') {
      const auto end = text_.find(']', at_);
      if (end == std::string_view::npos) return std::nullopt;
      domain = text_.substr(at_, end + 1 - at_);
      at_ = end + 1;
    } else {
      while (!at_end() && (peek() == '.' || atom_character(peek()))) domain += text_[at_++];
    }
    return make_spec(words.content, words.quoted, domain);
  }

  /// Behind the '<': an obsolete route (@a,@b:) is skipped, as RFC 5321 asks.
  std::string angle() {
    skip();
    if (peek() == '@') {
      const auto colon = text_.find(':', at_);
      if (colon == std::string_view::npos) malformed();
      at_ = colon + 1;
      skip();
    }
    const auto words = read_words();
    if (!words.any || words.gap || !take('@')) malformed();
    const auto spec = finish_spec(words);
    skip();
    if (!spec || !take('>')) malformed();
    return *spec;
  }

  /// One mailbox or group.
  void entry(std::vector<Address>& addresses) {
    start_ = at_;
    comment_.clear();
    const auto words = read_words();
    if (take('<')) {
      auto spec = angle();
      addresses.push_back({decode_words(words.phrase), std::move(spec)});
    } else if (words.any && !words.gap && take('@')) {
      auto spec = finish_spec(words);
      if (!spec) malformed();
      skip();
      addresses.push_back({decode_words(comment_), std::move(*spec)});
    } else if (words.any && !in_group_ && take(':')) {
      group(addresses);
    } else {
      malformed();
    }
  }

  /// Behind the ':' of "Friends: a@example.com, b@example.com;".
  void group(std::vector<Address>& addresses) {
    in_group_ = true;
    for (skip(); !take(';'); skip()) {
      if (at_end()) malformed();
      if (take(',')) continue;
      entry(addresses);
      skip();
      if (peek() != ',' && peek() != ';') malformed();
    }
    in_group_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0, start_ = 0;
  bool in_group_ = false;
  std::string comment_;
};

}  // namespace

bool atom_character(char c) {
  const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || static_cast<unsigned char>(c) >= 0x80 ||
         (c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos);
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

std::string unquoted(const std::string& text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
  std::string result;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    result += text[i];
  }
  return result;
}

std::optional<std::string> read_single_spec(std::string_view text) {
  try {
    return Reader(text).single();
  } catch (const dfi::Error&) {
    return std::nullopt;  // an unclosed quotation mark: the caller names the whole address
  }
}

std::vector<Address> parse_address_list(const std::string& text, const std::string& field) {
  auto visible = text;
  for (char& c : visible)
    if (c == '\t') c = ' ';
  require_header_safe(field, visible);
  return Reader(visible).list();
}

}  // namespace faxmail
