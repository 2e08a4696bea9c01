// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/header.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/message/address_list.hpp"
#include "payloads/faxmail/message/parts.hpp"

namespace faxmail {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool blank(char c) { return c == ' ' || c == '\t'; }

/// Blanks at the end of a line could become a line of their own when it is folded.
std::string_view without_end(std::string_view line) {
  while (!line.empty() && blank(line.back())) line.remove_suffix(1);
  return line;
}

/// No field has such a long name; text before a colon may.
constexpr std::size_t name_limit = 200;

/// Length of the field name of a header line, 0 if it has none. Blanks before the colon are an old habit.
std::size_t name_length(std::string_view line) {
  std::size_t end = 0;
  while (end < line.size() && line[end] > ' ' && line[end] < 0x7f && line[end] != ':') ++end;
  auto colon = end;
  while (colon < line.size() && blank(line[colon])) ++colon;
  return colon < line.size() && line[colon] == ':' && end <= name_limit ? end : 0;
}

void require_no_control(const HeaderField& field, std::string_view line) {
  const bool control =
      std::any_of(line.begin(), line.end(), [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; });
  if (control) throw dfi::Error(dfi::msg::mail_header_unsafe, {{"field", field.name}});
}

bool lines_fit(std::string_view lines) {
  for (std::size_t at = 0, end; at < lines.size(); at = end + 2) {
    end = std::min(lines.find("\r\n", at), lines.size());
    if (end - at > message_line_limit) return false;
  }
  return true;
}

class Splitter {
 public:
  explicit Splitter(std::string_view input) : rest_(input) {}

  MessageText split() {
    MessageText message;
    skip_mailbox_line();
    while (!rest_.empty()) {
      const auto before = rest_;
      auto line = next_line();
      if (line.empty()) {
        ++line_;
        break;
      }
      if (blank(line.front()) && !message.fields.empty()) {
        continue_field(message.fields.back(), line);
      } else if (const auto length = name_length(line)) {
        message.fields.push_back(field_of(line, length));
      } else if (message.fields.empty()) {
        rest_ = before;
        break;
      } else {
        throw dfi::Error(dfi::msg::mail_message_header,
                         {{"line", std::to_string(line_)}, {"text", std::string(line.substr(0, 60))}});
      }
    }
    message.body_line = line_;
    message.body = crlf_lines(rest_);
    return message;
  }

 private:
  /// The line that opens a message in a mailbox file is not part of it.
  void skip_mailbox_line() {
    if (rest_.substr(0, 5) != "From ") return;
    const auto before = rest_;
    next_line();
    if (name_length(rest_.substr(0, rest_.find('\n'))) > 0) return;
    rest_ = before;
    line_ = 0;
  }

  std::string_view next_line() {
    ++line_;
    const auto end = std::min(rest_.find('\n'), rest_.size());
    auto line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
  }

  HeaderField field_of(std::string_view line, std::size_t length) const {
    HeaderField field{std::string(line.substr(0, length)), {}, line_, std::string(line) + "\r\n"};
    require_no_control(field, line);
    field.value = without_end(line.substr(line.find(':') + 1));
    return field;
  }

  static void continue_field(HeaderField& field, std::string_view line) {
    require_no_control(field, line);
    field.raw.append(line).append("\r\n");
    if (trimmed(line).empty()) return;
    field.value.append("\r\n").append(without_end(line));
  }

  std::string_view rest_;
  std::size_t line_ = 0;
};

}  // namespace

bool HeaderField::is(std::string_view other) const {
  return name.size() == other.size() &&
         std::equal(name.begin(), name.end(), other.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

std::string HeaderField::unfolded() const {
  std::string result;
  for (const char c : value)
    if (c != '\r' && c != '\n') result += c;
  return trimmed(result);
}

const HeaderField* MessageText::find(std::string_view name) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const HeaderField& field) { return field.is(name); });
  return found == fields.end() ? nullptr : &*found;
}

bool MessageText::any_prefix(std::string_view prefix) const {
  return std::any_of(fields.begin(), fields.end(), [&](const HeaderField& field) {
    return HeaderField{field.name.substr(0, prefix.size()), {}, 0}.is(prefix);
  });
}

MessageText split_message(std::string_view input) {
  if (const auto nul = input.find('\0'); nul != std::string_view::npos)
    throw dfi::Error(
        dfi::msg::mail_message_nul,
        {{"line",
          std::to_string(std::count(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(nul), '\n') + 1)}});
  return Splitter(input).split();
}

std::string header_line(const HeaderField& field) {
  // A signature (DKIM, simple canonicalization) covers every blank.
  if (!field.raw.empty() && lines_fit(field.raw)) return field.raw;
  const auto text = field.name + ":" + (field.value.find_first_of(" \t\r") == 0 ? "" : " ") + field.value;
  std::string result;
  for (std::size_t at = 0; at <= text.size();) {
    auto end = std::min(text.find("\r\n", at), text.size());
    auto next = end + 2;
    if (end - at > message_line_limit) {
      // The blank stays in front of the new line: unfolding gives back what was there.
      end = text.find_last_of(" \t", at + message_line_limit);
      const bool foldable =
          end != std::string::npos && end > at && !trimmed(std::string_view(text).substr(at, end - at)).empty();
      if (!foldable)
        throw dfi::Error(dfi::msg::mail_message_line_long,
                         {{"line", std::to_string(field.line)}, {"length", std::to_string(text.size() - at)}});
      next = end;
    }
    result.append(text, at, end - at).append("\r\n");
    at = next;
  }
  return result;
}

void require_short_lines(std::string_view lines, std::size_t first) {
  for (std::size_t at = 0, line = first; at < lines.size(); ++line) {
    const auto end = std::min(lines.find("\r\n", at), lines.size());
    if (end - at > message_line_limit)
      throw dfi::Error(dfi::msg::mail_message_line_long,
                       {{"line", std::to_string(line)}, {"length", std::to_string(end - at)}});
    at = end + 2;
  }
}

}  // namespace faxmail
