// SPDX-License-Identifier: Apache-2.0
// How each oauth_provider is asked for a token.
#pragma once
#include <memory>
#include <string>

#include "payloads/faxmail/config/secret_source.hpp"
#include "payloads/faxmail/oauth/token_source.hpp"

namespace faxmail {

struct OAuthSettings {
  std::string provider;  // "m365", "google", "custom"
  std::string tenant, client_id, scope, token_url;
  std::string user;  // google: the mailbox the service account acts for
  SecretSource secret;
  std::filesystem::path ca_file;

  static OAuthSettings of(const AccountConfig& account);
  bool operator==(const OAuthSettings&) const = default;
};

/// The request for a token. Throws Error mail_secret_… or oauth_key_file.
HttpsPost token_request(const OAuthSettings& settings);

}  // namespace faxmail
