// SPDX-License-Identifier: Apache-2.0
// MAIL FROM, RCPT TO and DATA of one mail: written in one go where the server pipelines, else one by one.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/smtp/session.hpp"
#include "payloads/faxmail/smtp/verdict.hpp"

namespace faxmail {
namespace {

/// The queue may hold an address which an older program took. In a quoted local part blanks and brackets are letters
/// like any others (RFC 5321 4.1.2).
bool fits_command(const std::string& address) {
  bool quoted = false, escaped = false;
  for (const char c : address) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || c == 0x7f) return false;
    if (!quoted && (c == ' ' || c == '<' || c == '>')) return false;
    if (c == '"' && !escaped) quoted = !quoted;
    escaped = quoted && c == '\\' && !escaped;
  }
  return !quoted;
}

/// RFC 3461 4: everything but printable ASCII, and "+" and "=", as +XX.
std::string xtext(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool plain = c > ' ' && c < 0x7f && c != '+' && c != '=';
    result += plain ? std::string(1, c) : fmt::format("+{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

/// RFC 6533 3: an international address stays as it is; what would end it is written \x{XX}.
std::string unitext(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool special = (c >= 0 && c <= ' ') || c == 0x7f || c == '+' || c == '=' || c == '\\';
    result += special ? fmt::format("\\x{{{:02X}}}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return result;
}

RecipientResult result_of(const std::string& address, std::string_view phase, const Reply& reply) {
  const auto verdict = judge(phase, reply);
  return {address, verdict.outcome, reply.code, reply.text(), verdict.scope, true};
}

}  // namespace

/// Fails all recipients without asking the server.
void Session::refuse(Flight& flight, int code, const std::string& text) {
  flight.refused = true;
  for (auto& result : flight.delivery) {
    if (result.code != 0) continue;
    result.outcome = Outcome::permanent;
    result.code = code;
    result.text = text;
    result.scope = Scope::message;
  }
}

Session::Flight Session::prepare(const Outgoing& mail) {
  Flight flight;
  flight.mail = &mail;
  flight.reset = open_transaction_;
  for (const auto& address : mail.envelope.to)
    flight.delivery.push_back({address, Outcome::temporary, 0, {}, {}, false});
  const bool utf8 = offers("SMTPUTF8");
  auto unfit = [&](const std::string& address) { return !fits_command(address) || (!is_ascii(address) && !utf8); };

  for (std::size_t i = 0; i < flight.delivery.size(); ++i) {
    auto& result = flight.delivery[i];
    if (unfit(result.address))
      result = {result.address,
                Outcome::permanent,
                553,
                fits_command(result.address) ? "5.6.7 the server takes no international addresses (SMTPUTF8)"
                                             : "5.1.3 malformed address",
                Scope::recipient,
                false};
    else
      flight.offered.push_back(i);
  }
  auto limit = account_.limits.size_limit;
  if (offers("SIZE")) {
    const auto offered = std::strtoll(capabilities_["SIZE"].c_str(), nullptr, 10);
    if (offered > 0) limit = limit > 0 ? std::min<std::int64_t>(limit, offered) : offered;
  }
  const auto size = mail.body.size();
  if (limit > 0 && size > static_cast<std::uint64_t>(limit))
    refuse(flight, 552, fmt::format("5.3.4 SIZE {} < {}", limit, size));
  else if (unfit(mail.envelope.from))
    refuse(flight, 501, "5.1.7 malformed sender, or the server takes no international addresses");
  else if (mail.smtputf8 && !utf8)
    refuse(flight, 554, "5.6.7 the server takes no international headers (SMTPUTF8)");
  else if (mail.eight_bit && !offers("8BITMIME"))
    refuse(flight, 554, "5.6.3 the server takes no 8-bit mails (8BITMIME)");
  else if (flight.offered.empty())
    flight.refused = true;
  return flight;
}

std::string Session::mail_command(const Outgoing& mail) const {
  std::string line = "MAIL FROM:<" + mail.envelope.from + ">";
  if (offers("SIZE")) line += fmt::format(" SIZE={}", mail.body.size());
  if (mail.eight_bit) line += " BODY=8BITMIME";
  const bool international = mail.smtputf8 || !is_ascii(mail.envelope.from) ||
                             std::any_of(mail.envelope.to.begin(), mail.envelope.to.end(),
                                         [](const std::string& address) { return !is_ascii(address); });
  if (international && offers("SMTPUTF8")) line += " SMTPUTF8";
  if (!offers("DSN")) return line;
  if (!mail.ret.empty()) line += " RET=" + mail.ret;
  if (!mail.envid.empty()) line += " ENVID=" + xtext(mail.envid);
  return line;
}

std::string Session::recipient_command(const Outgoing& mail, const std::string& address) const {
  std::string line = "RCPT TO:<" + address + ">";
  const auto& notify = mail.notify.empty() ? account_.dsn_notify : mail.notify;
  if (!notify.empty() && offers("DSN"))
    line += " NOTIFY=" + notify +
            " ORCPT=" + (is_ascii(address) ? "rfc822;" + xtext(address) : "utf-8;" + unitext(address));
  return line;
}

/// All commands of the envelope, each with CRLF.
std::string Session::commands(const Flight& flight) const {
  std::string wire;
  auto add = [&](const std::string& line) {
    dfi::require(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "one line is one command");
    if (flight.mail->transcript) flight.mail->transcript->sent(line);
    wire += line;
    wire += "\r\n";
  };
  if (flight.reset) add("RSET");
  add(mail_command(*flight.mail));
  for (const auto index : flight.offered) add(recipient_command(*flight.mail, flight.delivery[index].address));
  add("DATA");
  return wire;
}

/// A refusal at the end of a pipeline is rare, and would be another command's if the server sent one reply too many
/// that is still on its way: then it will not answer a RSET as it must.
void Session::confirm_step() {
  std::optional<Reply> reply;
  try {
    reply = command("RSET", "RSET", account_.timeouts.envelope);
  } catch (const dfi::Error&) {
    usable_ = false;  // it refused and left
  }
  if (reply && !reply->positive()) connection_.lost("unasked reply");
  open_transaction_ = false;
}

/// Reads the replies to the envelope (asking one by one in lockstep) into the delivery. Returns the recipients that
/// were taken; `data` is the reply to DATA, code 0 if it was not sent.
std::vector<std::size_t> Session::hear_envelope(Flight& flight, bool lockstep, Reply& data) {
  const auto& mail = *flight.mail;
  const auto& timeouts = account_.timeouts;
  auto ask = [&](std::string_view phase, std::chrono::milliseconds timeout, auto line) {
    connection_.begin_phase(phase, timeout);
    if (lockstep) {
      require_in_step();
      write_line(line());
    }
    auto reply = receive();
    // Such a reply is not to this command: no one knows any more which belongs to which.
    const bool fits =
        reply.temporary() || reply.permanent() || (phase == "DATA" ? reply.code == 354 : reply.positive());
    if (!fits) refused(reply);
    return reply;
  };
  if (flight.reset && !ask("RSET", timeouts.envelope, [] { return std::string("RSET"); }).positive())
    connection_.lost("RSET refused");
  const auto sender = ask("MAIL FROM", timeouts.envelope, [&] { return mail_command(mail); });
  // A reused connection that is out of step: nothing is said about this mail.
  if (sender.code == 503 && mails_ > 0) refused(sender);
  require_account("MAIL FROM", sender);
  open_transaction_ = sender.positive();
  std::vector<std::size_t> taken;
  for (const auto index : flight.offered) {
    auto& result = flight.delivery[index];
    if (!sender.positive()) result = result_of(result.address, "MAIL FROM", sender);
    if (!sender.positive() && lockstep) continue;
    const auto reply = ask("RCPT TO", timeouts.envelope, [&] { return recipient_command(mail, result.address); });
    if (!sender.positive()) continue;
    require_account("RCPT TO", reply);
    if (reply.positive()) taken.push_back(index);
    result = result_of(result.address, "RCPT TO", reply);
  }
  if (lockstep && taken.empty()) return taken;
  data = ask("DATA", timeouts.data, [] { return std::string("DATA"); });
  require_in_step();  // or one reply more than commands
  if (taken.empty()) return taken;
  require_account("DATA", data);
  if (data.code == 354) return taken;
  if (!lockstep) confirm_step();
  for (const auto index : taken) flight.delivery[index] = result_of(flight.delivery[index].address, "DATA", data);
  return {};
}

}  // namespace faxmail
