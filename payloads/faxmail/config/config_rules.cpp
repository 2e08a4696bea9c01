// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "base/error.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/config/place.hpp"
#include "payloads/faxmail/config/values.hpp"

namespace faxmail {

std::string Place::line(const std::string& key) const {
  const auto found = lines.find(key);
  return found == lines.end() ? "-" : found->second;
}

void refuse_value(const Place& place, const Capability& capability, const std::string& key, const std::string& value,
                  const std::string& allowed) {
  throw dfi::Error(dfi::msg::mail_config_value, {{"path", place.file.string()},
                                                 {"line", place.line(key)},
                                                 {"key", key},
                                                 {"value", value},
                                                 {"version", capability.name()},
                                                 {"allowed", allowed}});
}

void refuse_key(const Place& place, const std::vector<std::string>& known, const std::string& key,
                const std::string& line) {
  throw dfi::Error(dfi::msg::mail_config_unknown_key,
                   {{"path", place.file.string()}, {"line", line}, {"key", key}, {"known", joined(known)}});
}

namespace {

/// The rules of one account; the default account's are checked first, so that what an account inherits is right.
class AccountRules {
 public:
  AccountRules(const AccountConfig& account, const Place& place, const Capability& capability)
      : account_(account), place_(place), capability_(capability) {}

  void require_all() const {
    require_port();
    if (account_.config().level() < 3) return;
    require_word("ssl", capability_.ssl);
    require_word("auth", capability_.auth);
    require_encryption();
    require_open_login();
    if (account_.config().level() >= 4) require_texts();
  }

 private:
  bool is(const char* key, const char* value) const { return account_.is(key, value); }

  [[noreturn]] void refuse(const char* key, const std::string& allowed) const {
    refuse_value(place_, capability_, account_.dotted(key), account_.get(key), allowed);
  }

  /// The line is that of the default account if the value is inherited from it.
  std::string line(const char* key) const {
    const auto own = place_.line(account_.dotted(key));
    return own == "-" ? place_.line(key) : own;
  }

  [[noreturn]] void conflict(const char* key, const char* other, const char* value) const {
    throw dfi::Error(dfi::msg::mail_config_conflict, {{"path", place_.file.string()},
                                                      {"line", line(key)},
                                                      {"key", account_.dotted(key)},
                                                      {"value", account_.get(key)},
                                                      {"other", account_.dotted(other) + "=" + value}});
  }

  void require_word(const char* key, const std::vector<std::string>& allowed) const {
    if (!contains(allowed, account_.get(key))) refuse(key, joined(allowed));
  }

  void require_port() const {
    const auto port = parse_port(account_.get("port"));
    if (!port || (*port == 465 && !capability_.smtps))
      refuse("port",
             capability_.smtps ? "1-65535, *SMTP, *SUBMISSION, *SMTPS" : "1-65535 (not 465), *SMTP, *SUBMISSION");
  }

  void require_encryption() const {
    const bool port_465 = parse_port(account_.get("port")) == 465;
    if (is("ssl", "*AUTO")) {
      if (account_.logs_in()) conflict("ssl", "auth", "*NONE");
      if (parse_port(account_.get("port")) != 25) conflict("ssl", "port", "*SMTP");
    }
    if (!account_.encrypted()) {
      if (port_465) conflict("port", "ssl", "*YES");
      if (!is("tls_mode", "*AUTO")) conflict("tls_mode", "ssl", "*YES");
      if (account_.token_only()) conflict("auth", "ssl", "*YES");
    }
    if (port_465 && is("tls_mode", "*STARTTLS")) conflict("tls_mode", "port", "*SUBMISSION");
    if (is("tls_verify", "*NO") && account_.get("tls_pin_sha256").empty())
      conflict("tls_verify", "tls_pin_sha256", "…");
    if (account_.get("tls_cert_file").empty() != account_.get("tls_key_file").empty()) {
      const bool key_missing = account_.get("tls_key_file").empty();
      conflict(key_missing ? "tls_cert_file" : "tls_key_file", key_missing ? "tls_key_file" : "tls_cert_file", "…");
    }
  }

  void require_open_login() const {
    if (account_.encrypted() || is("auth_plain_without_tls", "*YES")) {
      // Level 3 knows two methods only, and *AUTO would choose among two that show the password to everybody.
      if (account_.config().level() < 4 && is("auth", "*AUTO") && !account_.encrypted())
        conflict("auth", "ssl", "*YES");
      return;
    }
    if (!is("auth", "*LOGIN") && !is("auth", "*PLAIN")) return;
    throw dfi::Error(dfi::msg::mail_config_open_login, {{"path", place_.file.string()},
                                                        {"line", line("auth")},
                                                        {"key", account_.dotted("auth")},
                                                        {"value", account_.get("auth")},
                                                        {"ssl", account_.get("ssl")},
                                                        {"prefix", account_.dotted("")}});
  }

  void require_texts() const {
    for (const auto& key : config_keys(account_.config().level())) {
      const auto value = account_.get(key.name);
      const auto words = split(key.words, " ");
      if (!words.empty() && !contains(words, value)) refuse(key.name, allowed_text(key));
      if (key.kind != KeyKind::integer) continue;
      const auto number = parse_number(value).value_or(-1);
      if (number < key.lowest || number > key.highest) refuse(key.name, allowed_text(key));
    }
    for (const char* key : {"server", "tls_name", "helo_name"})
      if (account_.get(key).find_first_of(" \t/") != std::string::npos) refuse(key, "mail.example.com");
    if (!parse_pins(account_.get("tls_pin_sha256"))) refuse("tls_pin_sha256", "64 hex digits (SHA-256), …");
    if (!parse_dsn(account_.get("dsn_notify"))) refuse("dsn_notify", "SUCCESS,FAILURE,DELAY; NEVER; \"\"");
    if (!contains({"", "m365", "google", "custom"}, account_.get("oauth_provider")))
      refuse("oauth_provider", "m365, google, custom");
    const auto url = account_.get("oauth_token_url");
    if (!url.empty() && (url.rfind("https://", 0) != 0 || url.find_first_of(" @") != std::string::npos))
      refuse("oauth_token_url", "https://…");
    const auto tenant = account_.get("oauth_tenant");
    if (tenant.find_first_of(" /?#%&") != std::string::npos) refuse("oauth_tenant", "example.onmicrosoft.com");
    const auto day = account_.get("oauth_secret_expires");
    if (!day.empty() && !parse_day(day)) refuse("oauth_secret_expires", "2027-03-31");
    for (const char* key : {"password_command", "oauth_client_secret_command"})
      if (!account_.get(key).empty() && !parse_command(account_.get(key))) refuse(key, "/path/program argument 'a b'");
    for (const char* key : {"password_credential", "oauth_client_secret_credential"})
      if (account_.get(key).find('/') != std::string::npos) refuse(key, "NAME of LoadCredential=");
    if (account_.name().empty() && !parse_minutes(account_.get("retry"))) refuse("retry", "1,5,15,30 (1-1440)");
  }

  const AccountConfig& account_;
  const Place& place_;
  const Capability& capability_;
};

/// Which account sends a mail must be clear.
void require_senders(const Config& config, const Place& place, const Capability& capability) {
  std::set<std::string> taken;
  for (const auto& [name, table] : config.tables()) {
    const auto key = "account." + name + ".senders";
    if (table.senders.empty()) refuse_value(place, capability, key, "[]", "[\"name@example.com\", \"@example.com\"]");
    for (const auto& sender : table.senders)
      if (!taken.insert(lower(sender)).second)
        refuse_value(place, capability, key, sender, "each address in one account");
  }
}

}  // namespace

void require_rules(const Config& config, const Place& place, const Capability& capability) {
  for (const auto& account : account_configs(config)) AccountRules(account, place, capability).require_all();
  require_senders(config, place, capability);
}

}  // namespace faxmail
