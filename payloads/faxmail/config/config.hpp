// SPDX-License-Identifier: Apache-2.0
// FAXMAILC, the mail configuration etc/opt/directfax/faxmail.toml, at the level the release works with: 2 (5.91) or
// 3 (5.92). A person may edit the file, so reading is strict and names the line: an unknown key or a value which the
// release does not allow stops the engine before it sends anything. Values of both levels are shown as level 3 values.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "payloads/faxmail/product/capability.hpp"
#include "payloads/faxmail/product/layout.hpp"

namespace faxmail {

enum class KeyKind { text, integer, boolean };

struct ConfigKey {
  const char* name;
  KeyKind kind;
  const char* fallback;  // as written in the file, without quotes
  int first_level, last_level;
};

/// The keys of a level in the order of the file; format_level is not among them.
std::vector<ConfigKey> config_keys(int level);

class Config {
 public:
  /// Throws Error mail_data_missing, mail_level_wrong or mail_config_… naming the line.
  static Config read(const Layout& layout, const Capability& capability);
  /// The same from a text that is not in the file yet.
  static Config parse(const std::string& text, const Layout& layout, const Capability& capability);

  int level() const { return level_; }
  /// The value as written in the file, or the fallback; empty for a key this level does not have.
  std::string get(const std::string& key) const;

  std::string auth() const;  // "*NONE", "*LOGIN", …
  bool encrypted() const { return get("ssl") == "*YES"; }
  bool implicit_tls() const { return port_number() == 465; }
  int port_number() const;
  /// Relative paths of the file are relative to the directory of the configuration.
  fs::path path_of(const std::string& key) const;

  /// Throws Error mail_config_incomplete if mails cannot be sent with it yet: no server, a login without user.
  void require_complete() const;

 private:
  int level_ = 0;
  fs::path file_;
  std::map<std::string, std::string> values_;
};

}  // namespace faxmail
