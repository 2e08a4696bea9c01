// SPDX-License-Identifier: Apache-2.0
// One command, one reply: what both halves of the dialogue share.
#include "messages/mail.hpp"
#include "payloads/faxmail/smtp/session.hpp"
#include "payloads/faxmail/smtp/verdict.hpp"

namespace faxmail {
namespace {

constexpr int closing = 421;

}  // namespace

Reply Session::receive() {
  for (;;) {
    if (auto reply = parser_.next(account_.endpoint.server, connection_.phase())) {
      for (auto& line : reply->lines) line = redactor_.apply(std::move(line));
      if (transcript_) transcript_->received(*reply);
      if (reply->code != closing) return *reply;
      usable_ = false;
      // Also as the answer to a final dot it says that the mail was not taken (RFC 5321 4.2.1).
      if (progress_ == Progress::dot) progress_ = Progress::body;
      refused(*reply);
    }
    parser_.feed(connection_.read());
  }
}

/// A reply nobody asked for: a good-bye, or the dialogue is out of step. Neither may be taken for an answer.
void Session::require_in_step() const {
  if (parser_.pending()) connection_.lost("unasked reply");
}

void Session::write_line(const std::string& line) {
  dfi::require(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "one line is one command");
  if (transcript_) transcript_->sent(line);
  connection_.write(line + "\r\n");
}

Reply Session::command(const std::string& line, std::string_view phase, std::chrono::milliseconds timeout) {
  connection_.begin_phase(phase, timeout);
  require_in_step();
  write_line(line);
  return receive();
}

void Session::refused(const Reply& reply) const {
  throw dfi::Error(dfi::msg::smtp_refused, {{"server", account_.endpoint.server},
                                            {"phase", std::string(connection_.phase())},
                                            {"code", std::to_string(reply.code)},
                                            {"reply", reply.text()}});
}

/// Throws if the reply concerns more than this mail and its sender. The server has said that it did not take the mail.
void Session::require_account(std::string_view phase, const Reply& reply) {
  const auto scope = judge(phase, reply).scope;
  if (reply.positive() || (scope != Scope::account && scope != Scope::server)) return;
  if (progress_ == Progress::dot) progress_ = Progress::body;
  if (scope == Scope::server) refused(reply);
  throw dfi::Error(demands_login(reply) ? dfi::msg::smtp_login_demanded : dfi::msg::smtp_account_refused,
                   {{"server", account_.endpoint.server},
                    {"user", account_.user.empty() ? "-" : account_.user},
                    {"phase", std::string(phase)},
                    {"code", std::to_string(reply.code)},
                    {"reply", reply.text()}});
}

std::optional<Scope> scope_of(const dfi::Error& error) {
  const auto id = error.message().id;
  for (const auto account :
       {dfi::msg::smtp_auth_not_offered, dfi::msg::smtp_login_refused, dfi::msg::smtp_login_demanded,
        dfi::msg::smtp_account_refused, dfi::msg::mail_config_incomplete})
    if (id == account) return Scope::account;
  if (id == dfi::msg::mail_body_damaged) return Scope::message;
  if (id == dfi::msg::smtp_unresolved || id == dfi::msg::smtp_unreachable) return Scope::network;
  const auto begin = id.name.substr(0, id.name.find('_'));
  if (begin == "oauth" || id.name.substr(0, 12) == "mail_secret_") return Scope::account;
  if (begin == "smtp") return Scope::server;
  return std::nullopt;
}

}  // namespace faxmail
