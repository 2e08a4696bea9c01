// SPDX-License-Identifier: Apache-2.0
// The service account of Google: a key file instead of a client secret, and a signed assertion (RFC 7523, RS256)
// instead of a password. The account acts for a mailbox, which a Workspace administrator allows (domain-wide
// delegation).
#pragma once
#include <cstdint>
#include <string>

#include "payloads/faxmail/config/secret.hpp"

namespace faxmail {

struct ServiceKey {
  std::string email;      // client_email
  std::string token_url;  // token_uri
  Secret private_key;     // PEM

  /// `origin` is how messages name the key. Throws Error oauth_key_file; it never shows a byte of the key.
  static ServiceKey parse(const std::string& json, const std::string& origin);
};

struct Assertion {
  std::string scope;
  std::string mailbox;
  std::string audience;
};

/// Valid for an hour from `now` (seconds since 1970). Throws Error oauth_key_file.
std::string signed_assertion(const ServiceKey& key, const Assertion& assertion, std::int64_t now);

}  // namespace faxmail
