// SPDX-License-Identifier: Apache-2.0
// The first half of the dialogue: connection, greeting, EHLO, STARTTLS.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "messages/mail.hpp"
#include "payloads/faxmail/product/capability.hpp"
#include "payloads/faxmail/smtp/session.hpp"

namespace faxmail {
namespace {

std::string own_name(const Account& account, const Connection& connection) {
  if (!account.helo_name.empty()) return account.helo_name;
  char host[256] = "";
  const std::string name = ::gethostname(host, sizeof host - 1) == 0 ? host : "";
  return name.find('.') != std::string::npos ? name : connection.local_literal();
}

Connection connect(const Account& account, const SessionHooks& hooks) {
  const auto addresses = resolve(account.endpoint, account.timeouts.connect, hooks.interrupt_fd);
  if (hooks.step) {
    std::vector<std::string> texts;
    for (const auto& address : addresses) texts.push_back(address.text());
    hooks.step("resolve", joined(texts));
  }
  return Connection::open(account.endpoint, addresses, account.timeouts.connect, hooks.interrupt_fd);
}

}  // namespace

Session Session::open(const Account& account, const SessionHooks& hooks) {
  if (account.incomplete) throw *account.incomplete;
  Session session(connect(account, hooks), account, hooks);
  session.report("connect", fmt::format("{}:{}", session.connection_.address().text(), account.endpoint.port));
  if (account.encryption == Account::Encryption::implicit) session.secure();
  session.greet();
  session.hello();
  const bool opportunity = account.encryption == Account::Encryption::opportunistic && session.offers("STARTTLS");
  if (account.encryption == Account::Encryption::starttls || opportunity) session.encrypt();
  if (account.auth != "*NONE") session.login();
  session.hooks_.step = nullptr;
  session.transcript_ = nullptr;
  return session;
}

void Session::report(std::string_view step, const std::string& detail) {
  if (transcript_) transcript_->fact(fmt::format("{}: {}", step, detail));
  if (hooks_.step) hooks_.step(step, detail);
}

std::string Session::facts() const {
  auto text = fmt::format("{} [{}]:{}", account_.endpoint.server, connection_.address().text(), account_.endpoint.port);
  const auto& tls = connection_.tls_facts();
  if (!tls) return text + ", not encrypted";
  return text + fmt::format(", {} {}, {}, issued by {}, valid until {}, sha256 {}", tls->version, tls->cipher,
                            tls->subject, tls->issuer, tls->not_after, tls->sha256);
}

void Session::greet() {
  connection_.begin_phase("greeting", account_.timeouts.greeting);
  doubt_the_port();
  const auto reply = receive();
  if (reply.code != 220) refused(reply);
  report("greeting", reply.text());
}

/// A port that says nothing may be one that waits for TLS. It is asked on a second connection: some servers punish
/// who talks before the greeting on the first.
void Session::doubt_the_port() {
  if (connection_.tls_facts() || connection_.readable_within(account_.timeouts.doubt)) return;
  if (speaks_tls_at_once(connection_.address(), 2 * account_.timeouts.doubt))
    throw dfi::Error(dfi::msg::smtp_port_implicit,
                     {{"server", account_.endpoint.server}, {"port", std::to_string(account_.endpoint.port)}});
}

void Session::hello() {
  const auto name = own_name(account_, connection_);
  const auto reply = command("EHLO " + name, "EHLO", account_.timeouts.ehlo);
  if (reply.code == 250) return learn(reply);
  // A server without EHLO can neither encrypt nor log in (RFC 5321 3.2).
  const bool enough = account_.encryption == Account::Encryption::none && account_.auth == "*NONE";
  if (!reply.permanent() || !enough) refused(reply);
  const auto old = command("HELO " + name, "EHLO", account_.timeouts.ehlo);
  if (old.code != 250) refused(old);
  report("EHLO", "HELO");
}

void Session::learn(const Reply& reply) {
  capabilities_.clear();
  std::vector<std::string> shown;
  for (std::size_t i = 1; i < reply.lines.size(); ++i) {
    auto line = upper(reply.lines[i]);
    line.erase(0, line.find_first_not_of(" \t"));
    shown.push_back(line);
    const auto end = line.find_first_of(" =\t");  // "AUTH=LOGIN" is an old form of AUTH
    const auto keyword = line.substr(0, end);
    const auto parameters = end == std::string::npos ? std::string() : line.substr(end + 1);
    auto& known = capabilities_[keyword];
    known += (known.empty() ? "" : " ") + parameters;
  }
  report("EHLO", joined(shown));
}

void Session::encrypt() {
  if (!offers("STARTTLS"))
    throw dfi::Error(dfi::msg::smtp_tls_not_offered,
                     {{"server", account_.endpoint.server}, {"port", std::to_string(account_.endpoint.port)}});
  const auto reply = command("STARTTLS", "STARTTLS", account_.timeouts.ehlo);
  if (reply.code != 220) refused(reply);
  // CVE-2011-0411: whatever came with the 220 was not sent by the peer that TLS will prove.
  if (parser_.pending()) throw dfi::Error(dfi::msg::smtp_injected, {{"server", account_.endpoint.server}});
  capabilities_.clear();
  secure();
  hello();
}

void Session::secure() {
  connection_.begin_phase("TLS", account_.timeouts.tls);
  connection_.start_tls(account_.tls);
  report("TLS", facts());
}

}  // namespace faxmail
