// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/properties.hpp"

#include "base/error.hpp"
#include "payloads/faxmail/message/address.hpp"
#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/smtp/reply.hpp"

namespace faxmail::fuzz {
namespace {

struct Heard {
  std::vector<Reply> replies;
  bool refused = false;
};

Heard hear(std::string_view input, std::size_t portion) {
  Heard heard;
  ReplyParser parser;
  try {
    for (std::size_t at = 0; at < input.size(); at += portion) {
      parser.feed(input.substr(at, portion));
      while (auto reply = parser.next("peer", "EHLO")) heard.replies.push_back(*reply);
    }
  } catch (const dfi::Error&) {
    heard.refused = true;
  }
  return heard;
}

}  // namespace

void holds(bool fact, const std::string& what) {
  if (!fact) throw Broken(what);
}

void holds_for_mail_text(std::string_view bytes) {
  holds(bytes.size() >= 2 && bytes.substr(bytes.size() - 2) == "\r\n", "the last line ends");
  std::size_t length = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    holds(bytes[i] != '\0', "no NUL");
    if (bytes[i] == '\r') holds(i + 1 < bytes.size() && bytes[i + 1] == '\n', "no lone CR");
    if (bytes[i] == '\n') holds(i > 0 && bytes[i - 1] == '\r', "no lone LF");
    length = bytes[i] == '\n' ? 0 : length + 1;
    holds(length <= 999, "no line over 998 octets");  // the CR counts here
  }
}

void holds_for_spec(const std::string& spec) {
  holds(spec.size() <= 254 && is_utf8(spec) && is_ascii(domain_of(spec)), "an address fits a command");
  bool quoted = false;
  for (std::size_t i = 0; i < spec.size(); ++i) {
    const char c = spec[i];
    holds(!(c >= 0 && c < ' ') && c != 0x7f, "no control character in an address");
    if (quoted && c == '\\') {
      ++i;
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (!quoted) holds(c != ' ' && c != '<' && c != '>' && c != ',', "nothing ends an address early");
  }
  holds(!quoted, "quotation marks are closed");
  holds(parse_address(spec).spec == spec, "an address is its own canonical form");
}

void reply(std::string_view input) {
  const auto whole = hear(input, input.size() + 1), bytewise = hear(input, 1);
  holds(whole.refused == bytewise.refused, "the cut of packets does not decide");
  holds(whole.replies.size() == bytewise.replies.size(), "the cut of packets adds nothing");
  for (std::size_t i = 0; i < whole.replies.size(); ++i) {
    const auto& reply = whole.replies[i];
    holds(reply.code == bytewise.replies[i].code && reply.lines == bytewise.replies[i].lines, "same reply");
    holds(reply.code >= 200 && reply.code <= 599 && !reply.lines.empty(), "a reply has a code and a line");
    holds(reply.text().size() <= 500, "a reply is shown in bounds");
    for (const char c : reply.text()) holds(c >= ' ' && c < 0x7f, "a reply cannot move the cursor");
    reply.enhanced();
  }
}

}  // namespace faxmail::fuzz
