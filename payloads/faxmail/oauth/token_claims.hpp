// SPDX-License-Identifier: Apache-2.0
// What an access token says about itself, for a human who asks why it is refused. Nothing is proved here: the server
// that takes the token does that.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faxmail {

struct TokenClaims {
  std::string audience;            // aud
  std::vector<std::string> roles;  // roles; of a delegated token: scp
  std::int64_t expires = 0;        // exp, seconds since 1970; 0: not said
  std::string tenant;              // tid
  std::string application;         // appid, azp
};

/// Nothing if the token is no JWT that can be read (it may be opaque).
std::optional<TokenClaims> token_claims(std::string_view token);

/// base64 in the alphabet of RFC 4648 section 5, without padding.
std::string base64url(std::string_view bytes);
std::optional<std::string> base64url_decoded(std::string_view text);

}  // namespace faxmail
