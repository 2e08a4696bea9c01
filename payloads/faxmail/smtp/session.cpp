// SPDX-License-Identifier: Apache-2.0
// The second half of the dialogue: mails.
#include "payloads/faxmail/smtp/session.hpp"

#include <algorithm>
#include <cstdlib>

#include "messages/mail.hpp"

namespace faxmail {
namespace {

constexpr int closing = 421;
constexpr std::size_t block_size = 64 * 1024;

bool demands_login(const Reply& reply) {
  const auto enhanced = reply.enhanced();
  return reply.code == 530 || enhanced == "5.7.57" || (reply.code == 504 && enhanced == "5.7.4");
}

/// A verdict about the sender's rights or mailbox, not about this mail: it may fail nothing, the mail waits.
bool concerns_sender(const Reply& reply, bool at_mail_from) {
  const auto enhanced = reply.enhanced();
  return enhanced == "5.7.60" || enhanced == "5.2.252" || (at_mail_from && enhanced.substr(0, 4) == "5.7.");
}

RecipientResult result_of(const std::string& address, const Reply& reply, bool at_mail_from = false) {
  const bool failed = reply.permanent() && !concerns_sender(reply, at_mail_from);
  return {address,
          reply.positive() ? Outcome::sent
          : failed         ? Outcome::permanent
                           : Outcome::temporary,
          reply.code, reply.text()};
}

/// The queue may hold an address which an older program took.
bool fits_command(const std::string& address) {
  return std::all_of(address.begin(), address.end(),
                     [](char c) { return c > ' ' && c < 0x7f && c != '<' && c != '>'; });
}

Reply malformed_address() { return {501, {"5.1.3 malformed address"}}; }

}  // namespace

std::string dot_stuffed(std::string_view message) {
  std::string result;
  result.reserve(message.size() + message.size() / 32 + 16);
  bool line_start = true;
  for (std::size_t i = 0; i < message.size(); ++i) {
    const char c = message[i];
    if (line_start && c == '.') result += '.';
    line_start = c == '\r' || c == '\n';
    if (!line_start) {
      result += c;
      continue;
    }
    if (c == '\r' && i + 1 < message.size() && message[i + 1] == '\n') ++i;
    result += "\r\n";
  }
  if (!line_start) result += "\r\n";
  return result;
}

Reply Session::receive() {
  for (;;) {
    if (auto reply = parser_.next(account_.endpoint.server, connection_.phase())) {
      if (reply->code != closing) return *reply;
      refused(*reply);
    }
    parser_.feed(connection_.read());
  }
}

Reply Session::command(const std::string& line, std::string_view phase, std::chrono::milliseconds timeout) {
  connection_.begin_phase(phase, timeout);
  dfi::require(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "one line is one command");
  // A reply nobody asked for: a good-bye, or the dialogue is out of step. Neither may be taken for an answer.
  if (parser_.pending()) connection_.lost("unasked reply");
  connection_.write(line + "\r\n");
  return receive();
}

void Session::refused(const Reply& reply) const {
  throw dfi::Error(dfi::msg::smtp_refused, {{"server", account_.endpoint.server},
                                            {"phase", std::string(connection_.phase())},
                                            {"code", std::to_string(reply.code)},
                                            {"reply", reply.text()}});
}

void Session::require_login_was_enough(const Reply& reply) {
  if (!demands_login(reply)) return;
  if (progress_ == Progress::dot) progress_ = Progress::body;  // the server has said that it did not take the mail
  throw dfi::Error(dfi::msg::smtp_login_demanded, {{"server", account_.endpoint.server},
                                                   {"phase", std::string(connection_.phase())},
                                                   {"code", std::to_string(reply.code)},
                                                   {"reply", reply.text()}});
}

/// Indexes of the recipients the server took.
std::vector<std::size_t> Session::offer_recipients(const Envelope& envelope, Delivery& delivery) {
  std::vector<std::size_t> taken;
  for (const auto& address : envelope.to) {
    if (!fits_command(address)) {
      delivery.push_back(result_of(address, malformed_address()));
      continue;
    }
    const auto reply = command("RCPT TO:<" + address + ">", "RCPT TO", timeouts_.envelope);
    require_login_was_enough(reply);
    if (reply.positive()) taken.push_back(delivery.size());
    delivery.push_back(result_of(address, reply));
  }
  return taken;
}

/// MAIL FROM, or why it is not even tried. A positive reply: go on.
Reply Session::offer_mail(const std::string& from, std::size_t size) {
  if (!fits_command(from)) return malformed_address();
  std::string parameter;
  if (const auto known = capabilities_.find("SIZE"); known != capabilities_.end()) {
    const auto limit = std::strtoull(known->second.c_str(), nullptr, 10);
    if (limit > 0 && size > limit) return {552, {"5.3.4 SIZE " + std::to_string(limit) + " < " + std::to_string(size)}};
    parameter = " SIZE=" + std::to_string(size);
  }
  progress_ = Progress::envelope;
  auto reply = command("MAIL FROM:<" + from + ">" + parameter, "MAIL FROM", timeouts_.envelope);
  require_login_was_enough(reply);
  return reply;
}

/// DATA, the body and the final dot; the reply that decides.
Reply Session::transfer(std::string_view body, const std::function<void()>& before_dot) {
  auto data = command("DATA", "DATA", timeouts_.data);
  require_login_was_enough(data);
  if (data.temporary() || data.permanent()) {
    forget_mail();
    return data;
  }
  if (data.code != 354) refused(data);
  progress_ = Progress::body;
  for (std::size_t at = 0; at < body.size(); at += block_size) {
    connection_.begin_phase("DATA", timeouts_.block);
    connection_.write(body.substr(at, block_size));
  }
  before_dot();
  progress_ = Progress::dot;
  connection_.begin_phase("final dot", timeouts_.dot);
  connection_.write(".\r\n");
  auto reply = receive();
  require_login_was_enough(reply);
  if (reply.code / 100 == 3) refused(reply);
  return reply;
}

Delivery Session::send(const Envelope& envelope, std::string_view message, const std::function<void()>& before_dot) {
  connection_.interruptible(false);
  const auto body = dot_stuffed(message);
  Delivery delivery;
  const auto from = offer_mail(envelope.from, body.size());
  if (!from.positive()) {
    for (const auto& address : envelope.to) delivery.push_back(result_of(address, from, true));
  } else if (const auto taken = offer_recipients(envelope, delivery); taken.empty()) {
    forget_mail();
  } else {
    const auto reply = transfer(body, before_dot);
    for (const auto index : taken) delivery[index] = result_of(delivery[index].address, reply);
  }
  progress_ = Progress::none;
  ++mails_;
  return delivery;
}

/// After a mail that was not sent the server must forget its envelope.
void Session::forget_mail() {
  try {
    usable_ = command("RSET", "RSET", timeouts_.data).positive();
  } catch (const dfi::Error&) {
    usable_ = false;  // the results of the mail are known and stay
  }
}

void Session::quit() noexcept {
  try {
    command("QUIT", "QUIT", timeouts_.quit);
  } catch (const dfi::Error&) {
    // The server is gone already.
  }
}

}  // namespace faxmail
