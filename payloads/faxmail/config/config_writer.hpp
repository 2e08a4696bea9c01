// SPDX-License-Identifier: Apache-2.0
// `faxmail config set`, `preset`, `from-file` and `set-password`: FAXMAILC is rewritten with a comment per key. The new
// file is proved before it replaces the old one, appears in one step and keeps mode and owner.
#pragma once
#include <string>
#include <vector>

#include "payloads/faxmail/config/config.hpp"
#include "payloads/faxmail/config/secret.hpp"
#include "payloads/faxmail/product/texts.hpp"

namespace faxmail {

/// The text of a configuration: every key of its level with its comment in the operator's language.
std::string render_config(const Config& config, const Capability& capability, const Texts& texts);

struct ConfigChange {
  Config config;
  std::vector<std::string> notes;  // what the operator should know, in his language
};

/// What a change needs to know.
struct ConfigDesk {
  const Layout& layout;
  const Capability& capability;
  const Texts& texts;
};

/// Applies KEY=VALUE, account.NAME.KEY=VALUE or preset=NAME (which stands for several keys) and writes the file. Throws
/// Error mail_config_set_unknown, mail_usage, mail_preset_… or what Config::parse says about the values.
ConfigChange set_config(const ConfigDesk& desk, const std::vector<std::string>& assignments);

/// A hand-over sheet: TOML with keys of the configuration, `preset`, and the secrets `password` and `client_secret`,
/// which go to files of mode 0600. Nothing is changed if a key is unknown (Error mail_config_unknown_key with its line)
/// or a value is refused.
ConfigChange set_from_sheet(const ConfigDesk& desk, const fs::path& sheet);

struct SecretTarget {
  std::string account;              // empty: the default account
  std::string prefix = "password";  // or "oauth_client_secret"
};
/// Writes the secret to the file the configuration names; names one if there is none yet.
ConfigChange set_secret(const ConfigDesk& desk, const SecretTarget& target, const Secret& secret);

}  // namespace faxmail
