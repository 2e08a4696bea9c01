// SPDX-License-Identifier: Apache-2.0
// The login of a session (RFC 4954). What is sent here must not reach any message or trace.
#include <algorithm>
#include <sstream>

#include "messages/mail.hpp"
#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/product/capability.hpp"
#include "payloads/faxmail/smtp/sasl.hpp"
#include "payloads/faxmail/smtp/session.hpp"

namespace faxmail {
namespace {

constexpr int accepted = 235, challenge = 334;
/// "A password transition is needed" (RFC 4954 4.7.12): waiting does not help.
constexpr int transition = 432;
/// No mechanism needs more rounds; a server that asks on and on is not one to log in to.
constexpr int most_rounds = 8;
/// RFC 4954 4.4: a longer line is not allowed with AUTH itself.
constexpr std::size_t longest_initial = 500;

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> result;
  for (std::string word; in >> word;)
    if (!contains(result, word)) result.push_back(word);
  return result;
}

}  // namespace

void Session::login() {
  const auto offered = words(offers("AUTH") ? capabilities_["AUTH"] : "");
  std::vector<std::string> usable;
  for (const auto& mechanism : mechanisms_of(account_, connection_.tls_facts().has_value()))
    if (contains(offered, mechanism)) usable.push_back(mechanism);
  if (usable.empty())
    throw dfi::Error(dfi::msg::smtp_auth_not_offered, {{"server", account_.endpoint.server},
                                                       {"wanted", account_.auth},
                                                       {"offered", offered.empty() ? "-" : joined(offered)}});
  bool renewed = false;
  for (std::size_t i = 0; i < usable.size();) {
    const auto& mechanism = usable[i];
    const auto reply = login_with(mechanism);
    redactor_.forget();
    if (reply.code == accepted) return report("AUTH", mechanism);
    // A token may have been withdrawn before its time: once with a fresh one.
    if (uses_token(mechanism) && !renewed && reply.permanent() && account_.token_spent) {
      account_.token_spent();
      renewed = true;
      continue;
    }
    // Another mechanism once, then stop: hammering would lock the mailbox.
    if (!reply.permanent() || i > 0 || i + 1 == usable.size()) login_refused(mechanism, reply);
    ++i;
  }
}

void Session::login_refused(const std::string& mechanism, const Reply& reply) const {
  throw dfi::Error(
      reply.temporary() && reply.code != transition ? dfi::msg::smtp_login_deferred : dfi::msg::smtp_login_refused,
      {{"server", account_.endpoint.server},
       {"user", account_.user},
       {"mechanism", mechanism},
       {"code", std::to_string(reply.code)},
       {"reply", reply.text()}});
}

Reply Session::login_with(const std::string& mechanism) {
  connection_.begin_phase("AUTH", account_.timeouts.login);
  // Taken once: it may cost a command or a request.
  auto secret = uses_token(mechanism) ? account_.token() : account_.password();
  redactor_.add(secret.value());
  const auto sasl = make_sasl(mechanism, account_, std::move(secret));
  require_in_step();
  auto initial = sasl->initial();
  const bool fits = initial && initial->size() <= longest_initial / 4 * 3;
  write_secret("AUTH " + mechanism, fits ? initial : std::nullopt);
  bool pending = initial && !fits;
  Reply reply = receive();
  for (int round = 0; reply.code == challenge; ++round) {
    const auto text = unbase64(reply.lines.back());
    std::optional<std::string> answer;
    if (pending)
      answer = initial;
    else if (text && round < most_rounds)
      answer = sasl->respond(*text);
    pending = false;
    if (answer)
      write_secret({}, std::move(answer));
    else
      write_line("*");  // RFC 4954 4: cancels
    reply = receive();
    if (reply.code == challenge && !answer) refused(reply);
  }
  if (!sasl->trouble().empty()) reply.lines.push_back(redactor_.apply(sasl->trouble()));
  if (reply.code == accepted && !sasl->complete()) return {535, {"5.7.8 " + sasl->trouble()}};
  return reply;
}

/// Not through write_line(): the transcript gets the command without what follows it. Nothing = no initial response.
void Session::write_secret(const std::string& before, std::optional<std::string> plain) {
  if (transcript_) transcript_->sent(before.empty() ? "***" : plain ? before + " ***" : before);
  auto line = before;
  if (plain) {
    // A server that does not understand the command may quote it.
    if (*plain != account_.user) redactor_.add(*plain);
    auto encoded = plain->empty() && !before.empty() ? std::string("=") : base64(*plain);
    line += (before.empty() ? "" : " ") + encoded;
    redactor_.add(encoded);  // some servers repeat a command which they do not understand
    wipe(encoded);
    wipe(*plain);
  }
  line += "\r\n";
  try {
    connection_.write(line);
  } catch (const dfi::Error&) {
    wipe(line);
    throw;
  }
  wipe(line);
}

}  // namespace faxmail
