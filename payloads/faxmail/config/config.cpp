// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/config.hpp"

#include "base/error.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/config/values.hpp"

namespace faxmail {

std::string Config::get(const std::string& key) const {
  const auto found = values_.find(key);
  if (found != values_.end()) return found->second;
  if (const auto* own = find_key(level_, key)) return own->fallback;
  // What the engine of an old level does, in the words of level 4.
  if (level_ < 3 && key == "ssl") return "*NO";
  if (level_ < 3 && key == "auth") return get("smtp_auth") == "true" ? "*LOGIN" : "*NONE";
  if (level_ < 4 && key == "auth_plain_without_tls") return "*YES";
  if (level_ < 4 && key == "dsn_notify") return "";
  const auto* later = find_key(newest_config_level, key);
  return later ? later->fallback : "";
}

int Config::port_number() const { return parse_port(get("port")).value_or(0); }

fs::path Config::path_of(const std::string& key) const { return AccountConfig(*this, "").path_of(key); }

AccountConfig::AccountConfig(const Config& config, std::string name)
    : config_(config), table_(name.empty() ? nullptr : &config.tables().at(name)), name_(std::move(name)) {}

std::string AccountConfig::get(const std::string& key) const {
  if (table_) {
    const auto found = table_->values.find(key);
    if (found != table_->values.end()) return found->second;
  }
  return config_.get(key);
}

int AccountConfig::number(const std::string& key) const { return static_cast<int>(parse_number(get(key)).value_or(0)); }

fs::path AccountConfig::path_of(const std::string& key) const {
  const auto value = get(key);
  return value.empty() ? fs::path() : config_.file().parent_path() / value;
}

bool AccountConfig::implicit_tls() const {
  if (is("tls_mode", "*AUTO")) return parse_port(get("port")) == 465;
  return is("tls_mode", "*IMPLICIT");
}

std::vector<AccountConfig> account_configs(const Config& config) {
  std::vector<AccountConfig> accounts;
  accounts.emplace_back(config, "");
  for (const auto& [name, table] : config.tables()) accounts.emplace_back(config, name);
  return accounts;
}

namespace {

void require_secret(const AccountConfig& account, const std::string& prefix, const std::string& needed_by) {
  for (const char* source : {"_credential", "_file", "_command"})
    if (!account.get(prefix + source).empty()) return;
  throw dfi::Error(dfi::msg::mail_config_incomplete, {{"path", account.config().file().string()},
                                                      {"key", account.dotted(prefix + "_file")},
                                                      {"needed_by", needed_by}});
}

}  // namespace

void require_complete(const AccountConfig& account) {
  auto need = [&](const char* key, const std::string& needed_by) {
    if (account.get(key).empty())
      throw dfi::Error(
          dfi::msg::mail_config_incomplete,
          {{"path", account.config().file().string()}, {"key", account.dotted(key)}, {"needed_by", needed_by}});
  };
  need("server", "faxmaild");
  if (!account.logs_in()) return;
  const bool level_2 = account.config().level() < 3;
  const std::string login = level_2 ? "smtp_auth = true" : "auth = " + account.get("auth");
  need("user", login);
  const auto provider = account.get("oauth_provider");
  const bool by_token = account.token_only() || (account.is("auth", "*AUTO") && !provider.empty());
  if (!by_token) return require_secret(account, "password", login);
  need("oauth_provider", login);
  const auto needed_by = "oauth_provider = " + provider;
  require_secret(account, "oauth_client_secret", needed_by);
  if (provider == "google") return;  // its key file names the rest
  need("oauth_client_id", needed_by);
  if (provider == "custom") need("oauth_token_url", needed_by);
  if (provider == "m365" && account.get("oauth_token_url").empty()) need("oauth_tenant", needed_by);
}

void Config::require_complete() const {
  for (const auto& account : account_configs(*this)) faxmail::require_complete(account);
}

}  // namespace faxmail
