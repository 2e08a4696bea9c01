// SPDX-License-Identifier: Apache-2.0
// The first half of the dialogue: greeting, EHLO, STARTTLS, login.
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "messages/mail.hpp"
#include "payloads/faxmail/config/secret.hpp"
#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/product/capability.hpp"
#include "payloads/faxmail/smtp/session.hpp"

namespace faxmail {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; });
  return text;
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> result;
  for (std::string word; in >> word;) result.push_back(word);
  return result;
}

std::string own_name(const Account& account, const Connection& connection) {
  if (!account.helo_name.empty()) return account.helo_name;
  char host[256] = "";
  const std::string name = ::gethostname(host, sizeof host - 1) == 0 ? host : "";
  return name.find('.') != std::string::npos ? name : connection.local_literal();
}

/// The methods an account may use, strongest first.
std::vector<std::string> mechanisms(const std::string& auth) {
  if (auth == "*LOGIN") return {"LOGIN"};
  if (auth == "*PLAIN") return {"PLAIN"};
  if (auth == "*AUTO") return {"PLAIN", "LOGIN"};
  return {};
}

}  // namespace

Session Session::open(const Account& account, int interrupt_fd) {
  const auto& timeouts = account.timeouts;
  Session session(Connection::open(account.endpoint, timeouts.connect, interrupt_fd), account);
  if (account.encryption == Account::Encryption::implicit) {
    session.connection_.begin_phase("TLS", timeouts.tls);
    session.connection_.start_tls(account.tls);
  }
  session.greet();
  session.hello();
  if (account.encryption == Account::Encryption::starttls) session.encrypt();
  if (account.auth != "*NONE") session.login();
  return session;
}

void Session::greet() {
  connection_.begin_phase("greeting", timeouts_.greeting);
  const auto reply = receive();
  if (reply.code != 220) refused(reply);
}

void Session::hello() {
  const auto name = own_name(account_, connection_);
  const auto reply = command("EHLO " + name, "EHLO", timeouts_.ehlo);
  if (reply.code == 250) return learn(reply);
  // A server without EHLO can neither encrypt nor log in.
  const bool enough = account_.encryption == Account::Encryption::none && account_.auth == "*NONE";
  if (!reply.permanent() || !enough) refused(reply);
  const auto old = command("HELO " + name, "HELO", timeouts_.ehlo);
  if (old.code != 250) refused(old);
}

void Session::learn(const Reply& reply) {
  capabilities_.clear();
  for (std::size_t i = 1; i < reply.lines.size(); ++i) {
    const auto line = upper(reply.lines[i]);
    const auto end = line.find_first_of(" =\t");  // "AUTH=LOGIN" is an old form of AUTH
    const auto keyword = line.substr(0, end);
    const auto parameters = end == std::string::npos ? std::string() : line.substr(end + 1);
    auto& known = capabilities_[keyword];
    known += (known.empty() ? "" : " ") + parameters;
  }
}

void Session::encrypt() {
  if (capabilities_.count("STARTTLS") == 0)
    throw dfi::Error(dfi::msg::smtp_tls_not_offered,
                     {{"server", account_.endpoint.server}, {"port", std::to_string(account_.endpoint.port)}});
  const auto reply = command("STARTTLS", "STARTTLS", timeouts_.ehlo);
  if (reply.code != 220) refused(reply);
  // CVE-2011-0411: whatever came with the 220 was not sent by the peer that TLS will prove.
  if (parser_.pending()) throw dfi::Error(dfi::msg::smtp_injected, {{"server", account_.endpoint.server}});
  capabilities_.clear();
  connection_.begin_phase("TLS", timeouts_.tls);
  connection_.start_tls(account_.tls);
  hello();
}

void Session::login() {
  const auto offered = words(capabilities_.count("AUTH") ? capabilities_["AUTH"] : "");
  std::vector<std::string> usable;
  for (const auto& mechanism : mechanisms(account_.auth))
    if (contains(offered, mechanism)) usable.push_back(mechanism);
  if (usable.empty())
    throw dfi::Error(dfi::msg::smtp_auth_not_offered, {{"server", account_.endpoint.server},
                                                       {"wanted", account_.auth},
                                                       {"offered", offered.empty() ? "-" : joined(offered)}});
  Reply reply;
  for (const auto& mechanism : usable) {
    reply = login_with(mechanism);
    if (reply.code == 235) return;
    if (!reply.permanent() || mechanism == usable.back())
      throw dfi::Error(dfi::msg::smtp_login_refused, {{"server", account_.endpoint.server},
                                                      {"user", account_.user},
                                                      {"mechanism", mechanism},
                                                      {"code", std::to_string(reply.code)},
                                                      {"reply", reply.text()}});
  }
}

Reply Session::login_with(const std::string& mechanism) {
  connection_.begin_phase("AUTH", timeouts_.login);
  const auto password = account_.password();
  if (mechanism == "PLAIN") {
    const auto response = [&] { return '\0' + account_.user + '\0' + password.value(); };
    auto reply = secret_line(response(), "AUTH PLAIN ");
    return reply.code == 334 ? secret_line(response()) : reply;
  }
  auto reply = command("AUTH LOGIN", "AUTH", timeouts_.login);
  if (reply.code == 334) reply = secret_line(account_.user);
  if (reply.code == 334) reply = secret_line(password.value());
  return reply;
}

/// Not through command(): what is sent here must not reach any message or later trace.
Reply Session::secret_line(std::string plain, const std::string& before) {
  auto encoded = base64(plain);
  wipe(plain);
  auto line = before + encoded + "\r\n";
  wipe(encoded);
  try {
    connection_.write(line);
  } catch (const dfi::Error&) {
    wipe(line);
    throw;
  }
  wipe(line);
  return receive();
}

std::optional<Scope> scope_of(const dfi::Error& error) {
  const auto id = error.message().id;
  for (const auto account :
       {dfi::msg::smtp_auth_not_offered, dfi::msg::smtp_login_refused, dfi::msg::smtp_login_demanded,
        dfi::msg::mail_secret_unsafe, dfi::msg::mail_config_incomplete})
    if (id == account) return Scope::account;
  if (id == dfi::msg::mail_stopping) return Scope::stopping;
  if (id.name.substr(0, 5) == "smtp_") return Scope::server;
  return std::nullopt;
}

}  // namespace faxmail
