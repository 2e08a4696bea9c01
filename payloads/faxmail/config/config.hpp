// SPDX-License-Identifier: Apache-2.0
// FAXMAILC, the mail configuration etc/opt/directfax/faxmail.toml, at the level the release works with: 2 (5.91),
// 3 (5.92) or 4 (6.06). A person may edit the file, so reading is strict and names the line: an unknown key, a value
// which the release does not allow or two that contradict each other stop the engine before it sends anything.
// The keys at the top are those of the default account; level 4 knows further accounts, tables [account.NAME].
#pragma once
#include <map>
#include <string>
#include <vector>

#include "payloads/faxmail/config/keys.hpp"
#include "payloads/faxmail/product/capability.hpp"
#include "payloads/faxmail/product/layout.hpp"

namespace faxmail {

/// Further accounts as written: only the keys that differ from the default account's.
struct AccountTable {
  std::vector<std::string> senders;
  std::map<std::string, std::string> values;
};

class Config {
 public:
  /// Throws Error mail_data_missing, mail_level_wrong or mail_config_… naming the line.
  static Config read(const Layout& layout, const Capability& capability);
  /// The same from a text that is not in the file yet.
  static Config parse(const std::string& text, const Layout& layout, const Capability& capability);

  int level() const { return level_; }
  const Layout& layout() const { return layout_; }
  fs::path file() const { return layout_.config_file(); }
  /// The value as written in the file, or the default. A key that only a later level has gives what the engine does at
  /// this one: 2 and 3 show values of level 4.
  std::string get(const std::string& key) const;
  const std::map<std::string, AccountTable>& tables() const { return tables_; }

  std::string auth() const { return get("auth"); }  // "*NONE", "*LOGIN", …
  bool encrypted() const { return get("ssl") == "*YES"; }
  bool implicit_tls() const { return port_number() == 465; }
  int port_number() const;
  /// Relative paths of the file are relative to the directory of the configuration.
  fs::path path_of(const std::string& key) const;

  /// Throws Error mail_config_incomplete if an account cannot send with it yet: no server, a login without user.
  void require_complete() const;

 private:
  int level_ = 0;
  Layout layout_;
  std::map<std::string, std::string> values_;
  std::map<std::string, AccountTable> tables_;
};

/// One account of a configuration: its own values, else those of the default account. Valid as long as the Config.
class AccountConfig {
 public:
  /// `name` empty: the default account.
  AccountConfig(const Config& config, std::string name);

  const std::string& name() const { return name_; }
  const Config& config() const { return config_; }
  std::string get(const std::string& key) const;
  bool is(const std::string& key, const char* value) const { return get(key) == value; }
  int number(const std::string& key) const;
  fs::path path_of(const std::string& key) const;
  /// How a person names the key: "user" or "account.NAME.user".
  std::string dotted(const std::string& key) const { return name_.empty() ? key : "account." + name_ + "." + key; }

  bool implicit_tls() const;
  /// TLS or nothing is sent.
  bool encrypted() const { return is("ssl", "*YES"); }
  bool logs_in() const { return !is("auth", "*NONE"); }
  bool token_only() const { return is("auth", "*XOAUTH2") || is("auth", "*OAUTHBEARER"); }

 private:
  const Config& config_;
  const AccountTable* table_;
  std::string name_;
};

/// The default account first.
std::vector<AccountConfig> account_configs(const Config& config);

/// Throws Error mail_config_incomplete if mails cannot be sent with this account yet.
void require_complete(const AccountConfig& account);

}  // namespace faxmail
