// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/accounts.hpp"

#include <memory>

#include "payloads/faxmail/config/values.hpp"
#include "payloads/faxmail/oauth/providers.hpp"

namespace faxmail {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// One token source for all accounts that ask the same endpoint as the same application.
class TokenSources {
 public:
  std::shared_ptr<TokenSource> source(const OAuthSettings& settings) {
    for (const auto& [known, source] : sources_)
      if (known == settings) return source;
    sources_.emplace_back(settings, std::make_shared<TokenSource>([settings] { return token_request(settings); }));
    return sources_.back().second;
  }

 private:
  std::vector<std::pair<OAuthSettings, std::shared_ptr<TokenSource>>> sources_;
};

Account::Encryption encryption_of(const AccountConfig& account) {
  if (account.is("ssl", "*AUTO")) return Account::Encryption::opportunistic;
  if (!account.encrypted()) return Account::Encryption::none;
  return account.implicit_tls() ? Account::Encryption::implicit : Account::Encryption::starttls;
}

TlsSettings tls_of(const AccountConfig& account, const Capability& capability) {
  const bool own_minimum = account.config().level() >= 4;
  return {
      account.path_of("tls_ca_file"),   own_minimum ? account.get("tls_min") : capability.tls_min,
      account.get("tls_name"),          parse_pins(account.get("tls_pin_sha256")).value_or(std::vector<std::string>{}),
      !account.is("tls_verify", "*NO"), account.path_of("tls_cert_file"),
      account.path_of("tls_key_file")};
}

Timeouts timeouts_of(const AccountConfig& account) {
  const auto time = [&](const char* key) { return milliseconds(seconds(account.number(key))); };
  Timeouts timeouts;
  timeouts.connect = time("timeout_connect");
  timeouts.greeting = time("timeout_greeting");
  timeouts.ehlo = time("timeout_ehlo");
  timeouts.tls = time("timeout_tls");
  timeouts.login = time("timeout_login");
  timeouts.envelope = time("timeout_envelope");
  timeouts.data = time("timeout_data");
  timeouts.block = time("timeout_block");
  timeouts.dot = time("timeout_dot");
  timeouts.quit = time("timeout_quit");
  return timeouts;
}

Limits limits_of(const AccountConfig& account) {
  Limits limits;
  limits.max_connections = account.number("max_connections");
  limits.rate_per_minute = account.number("rate_per_minute");
  limits.burst = account.number("burst");
  limits.max_per_connection = account.number("max_per_connection");
  limits.idle_close = seconds(account.number("idle_close"));
  limits.session_max = seconds(account.number("session_max"));
  limits.size_limit = parse_number(account.get("size_limit")).value_or(0);
  return limits;
}

void set_login(Account& account, const AccountConfig& from, TokenSources& tokens) {
  account.auth = from.get("auth");
  account.plain_without_tls = from.is("auth_plain_without_tls", "*YES");
  account.user = from.get("user");
  if (!from.logs_in()) return;
  const auto password = SecretSource::of(from, "password");
  if (!from.token_only() && !password.empty()) account.password = [password] { return password.line(); };
  // A token is as good as a password: it never leaves on an open line.
  if (from.get("oauth_provider").empty() || !from.encrypted() || !(from.token_only() || from.is("auth", "*AUTO")))
    return;
  const auto source = tokens.source(OAuthSettings::of(from));
  account.token = [source] { return source->token(); };
  account.token_spent = [source] { source->spent(); };
}

}  // namespace

std::vector<Account> accounts_of(const Config& config, const Capability& capability) {
  TokenSources tokens;
  std::vector<Account> accounts;
  for (const auto& from : account_configs(config)) {
    Account account;
    try {
      require_complete(from);
    } catch (const dfi::Error& error) {
      account.incomplete = error;
    }
    if (!from.name().empty()) {
      account.name = from.name();
      account.senders = config.tables().at(from.name()).senders;
    }
    account.endpoint = {from.get("server"), parse_port(from.get("port")).value_or(0)};
    account.encryption = encryption_of(from);
    account.tls = tls_of(from, capability);
    set_login(account, from, tokens);
    account.helo_name = from.get("helo_name");
    account.dsn_notify = parse_dsn(from.get("dsn_notify")).value_or("");
    account.timeouts = timeouts_of(from);
    account.limits = limits_of(from);
    accounts.push_back(std::move(account));
  }
  return accounts;
}

}  // namespace faxmail
