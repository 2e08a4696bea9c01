// SPDX-License-Identifier: Apache-2.0
// An answer of an SMTP server and the parser that cuts answers out of a stream. The parser is strict where a wrong
// guess could be taken for success (codes, separators, a lone CR) and its memory is bounded.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faxmail {

struct Reply {
  int code = 0;
  std::vector<std::string> lines;  // without code and line end

  bool positive() const { return code / 100 == 2; }
  bool temporary() const { return code / 100 == 4; }
  bool permanent() const { return code / 100 == 5; }
  /// All lines, joined by " / ", control characters as "?": for results and messages.
  std::string text() const;
  /// "5.7.1" (RFC 3463) of the first line, or empty.
  std::string enhanced() const;
};

class ReplyParser {
 public:
  /// Adds received bytes.
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  /// The next complete reply, if there is one. Throws Error smtp_protocol with the arguments server and phase.
  std::optional<Reply> next(std::string_view server, std::string_view phase);
  /// True if bytes are left over: nobody has asked for them.
  bool pending() const { return !buffer_.empty() || current_.code != 0; }

 private:
  std::string buffer_;
  Reply current_;
  std::size_t size_ = 0;
};

}  // namespace faxmail
