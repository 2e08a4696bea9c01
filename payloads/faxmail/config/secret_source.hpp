// SPDX-License-Identifier: Apache-2.0
// Where a secret is kept, and how it is taken from there. The first of these that is configured and there counts:
//   systemd credential   $CREDENTIALS_DIRECTORY/<name>, a file nobody else can reach (mode up to 0440)
//   file                 regular, no symlink, of the engine's user or root, mode 0600 or 0400
//   command              without shell, environment PATH only, 10 s, exit code 0; its output is in no message
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "base/durable.hpp"
#include "payloads/faxmail/config/config.hpp"
#include "payloads/faxmail/config/secret.hpp"

namespace faxmail {

struct SecretSource {
  std::string key;  // "account.x.password": how messages name it
  std::string credential;
  std::filesystem::path file;
  std::string command;
  /// Files of the engine's user are right for root too, who configures the engine.
  std::optional<uid_t> engine_user{};

  /// `prefix` is "password" or "oauth_client_secret".
  static SecretSource of(const AccountConfig& account, const std::string& prefix);

  bool empty() const { return credential.empty() && file.empty() && command.empty(); }
  /// The first line, at most 4 KiB. Throws Error mail_secret_unsafe, mail_secret_missing or mail_secret_command.
  Secret line() const;
  /// Everything, at most 64 KiB: a key file.
  Secret whole() const;

  bool operator==(const SecretSource&) const = default;
};

/// Who the engine runs as: the owner of FAXKA. Nothing before there is one.
std::optional<dfi::durable::Owner> engine_owner(const Layout& layout);

/// Writes the secret to a file of mode 0600 that belongs to the engine's user; it appears in one step.
void write_secret(const Layout& layout, const fs::path& file, const Secret& secret);

}  // namespace faxmail
