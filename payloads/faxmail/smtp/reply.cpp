// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/reply.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "messages/mail.hpp"

namespace faxmail {
namespace {

constexpr std::size_t line_limit = 4096;
constexpr std::size_t reply_limit = 64 * 1024;
constexpr std::size_t shown_limit = 500;

bool digit(char c) { return c >= '0' && c <= '9'; }

struct Wrong {
  std::string_view server, phase;

  [[noreturn]] void operator()(const char* reason) const {
    throw dfi::Error(dfi::msg::smtp_protocol,
                     {{"server", std::string(server)}, {"phase", std::string(phase)}, {"reason", reason}});
  }
};

}  // namespace

std::string Reply::text() const {
  std::string result;
  for (const auto& line : lines) result += (result.empty() ? "" : " / ") + line;
  for (char& c : result)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  if (result.size() > shown_limit) result.resize(shown_limit);
  return result;
}

std::string Reply::enhanced() const {
  if (lines.empty()) return {};
  const auto word = lines.front().substr(0, lines.front().find(' '));
  const bool shape = word.size() >= 5 && digit(word[0]) && word[1] == '.' &&
                     std::count(word.begin(), word.end(), '.') == 2 &&
                     std::all_of(word.begin(), word.end(), [](char c) { return digit(c) || c == '.'; });
  return shape ? word : std::string();
}

std::optional<Reply> ReplyParser::next(std::string_view server, std::string_view phase) {
  const Wrong wrong{server, phase};
  for (;;) {
    const auto end = buffer_.find('\n');
    if (end == std::string::npos) {
      if (buffer_.size() > line_limit) wrong("endless line");
      return std::nullopt;
    }
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    if (line.size() > line_limit) wrong("line too long");
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.find('\r') != std::string::npos) wrong("lone CR in a reply");
    if (line.size() < 3 || !digit(line[0]) || !digit(line[1]) || !digit(line[2]) || line[0] < '2' || line[0] > '5')
      wrong("no reply code");
    const char separator = line.size() > 3 ? line[3] : ' ';
    if (separator != ' ' && separator != '-') wrong("malformed reply");
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (current_.code != 0 && code != current_.code) wrong("code changes within a reply");
    if ((size_ += line.size() + 2) > reply_limit) wrong("endless reply");
    current_.code = code;
    current_.lines.push_back(line.size() > 4 ? line.substr(4) : std::string());
    if (separator == ' ') {
      Reply reply = std::move(current_);
      current_ = Reply{};
      size_ = 0;
      return reply;
    }
  }
}

}  // namespace faxmail
