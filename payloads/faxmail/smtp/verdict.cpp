// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/verdict.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace faxmail {
namespace {

template <std::size_t size>
bool one_of(const std::array<std::string_view, size>& codes, const std::string& code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

bool says(const Reply& reply, std::string_view words) { return reply.text().find(words) != std::string::npos; }

/// The account as a whole, whichever command is refused: blocked, throttled, or of a tenant that may no longer log in
/// this way.
bool concerns_account(const Reply& reply, const std::string& enhanced) {
  static constexpr std::array<std::string_view, 5> codes{"5.7.30", "5.7.139", "5.7.705", "5.7.708", "4.7.500"};
  return reply.code == 430 || reply.code == 432 || one_of(codes, enhanced);
}

/// Codes that speak of somebody else's mailbox at RCPT, but of our own one everywhere else: "sent items" full, quota.
bool concerns_own_mailbox(const Reply& reply, const std::string& enhanced) {
  static constexpr std::array<std::string_view, 3> codes{"5.2.2", "4.7.0", "4.3.2"};
  // Exchange Online says "5.2.0" for two things; only its words tell the daily limit from a refused sender.
  return one_of(codes, enhanced) || (enhanced == "5.2.0" && says(reply, "SubmissionQuotaExceeded"));
}

/// The right to send as this sender. Exchange Online gives this verdict only after the body.
bool concerns_sender(const Reply& reply, const std::string& enhanced, std::string_view phase) {
  static constexpr std::array<std::string_view, 2> codes{"5.7.60", "5.2.252"};
  if (one_of(codes, enhanced) || (enhanced == "5.2.0" && says(reply, "SendAsDenied"))) return true;
  // Postfix gives the verdict of reject_sender_login_mismatch at RCPT by default, and 553 5.7.1 for nothing else.
  if (phase == "RCPT TO") return reply.code == 553 && enhanced == "5.7.1";
  return phase == "MAIL FROM" && reply.permanent() && enhanced.substr(0, 4) == "5.7.";
}

/// Before the body it is the server that cannot; after it, perhaps only with this mail.
bool concerns_server(const Reply& reply, const std::string& enhanced, std::string_view phase) {
  return phase == "MAIL FROM" && reply.temporary() && (enhanced.substr(0, 4) == "4.3." || enhanced.substr(0, 4) == "4.4.");
}

}  // namespace

bool demands_login(const Reply& reply) {
  const auto enhanced = reply.enhanced();
  return reply.code == 530 || enhanced == "5.7.57" || (reply.code == 504 && enhanced == "5.7.4");
}

Verdict judge(std::string_view phase, const Reply& reply) {
  const auto enhanced = reply.enhanced();
  const auto own = phase == "RCPT TO" ? Scope::recipient : Scope::message;
  if (reply.positive()) return {own, Outcome::sent};
  const bool own_mailbox = phase != "RCPT TO" && concerns_own_mailbox(reply, enhanced);
  if (demands_login(reply) || own_mailbox || concerns_account(reply, enhanced))
    return {Scope::account, Outcome::temporary};
  if (concerns_sender(reply, enhanced, phase)) return {Scope::sender, Outcome::temporary};
  if (phase == "RCPT TO") {
    // RFC 5321 4.5.3.1.10: too many recipients, some servers say 552 for it; the rest goes with the next attempt.
    const bool later = reply.temporary() || enhanced == "5.5.3" || (reply.code == 552 && enhanced != "5.2.2");
    return {own, later ? Outcome::temporary : Outcome::permanent};
  }
  if (concerns_server(reply, enhanced, phase)) return {Scope::server, Outcome::temporary};
  if (reply.temporary() && phase == "MAIL FROM") return {Scope::sender, Outcome::temporary};
  return {own, reply.permanent() ? Outcome::permanent : Outcome::temporary};
}

}  // namespace faxmail
