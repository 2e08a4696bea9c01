// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/oauth/token_claims.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "payloads/faxmail/config/values.hpp"
#include "payloads/faxmail/message/encoding.hpp"

namespace faxmail {
namespace {

std::string text_of(const dfi::Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return {};
  if (found->is_array() && !found->empty() && found->front().is_string()) return found->front().get<std::string>();
  return found->is_string() ? found->get<std::string>() : std::string{};
}

std::vector<std::string> roles_of(const dfi::Json& json) {
  std::vector<std::string> roles;
  if (const auto found = json.find("roles"); found != json.end() && found->is_array())
    for (const auto& role : *found)
      if (role.is_string()) roles.push_back(role.get<std::string>());
  return roles.empty() ? split(text_of(json, "scp"), " ") : roles;
}

}  // namespace

std::string base64url(std::string_view bytes) {
  auto text = base64(bytes);
  while (!text.empty() && text.back() == '=') text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::optional<std::string> base64url_decoded(std::string_view text) {
  std::string padded(text);
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  padded.append((4 - padded.size() % 4) % 4, '=');
  return unbase64(padded);
}

std::optional<TokenClaims> token_claims(std::string_view token) {
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto payload = base64url_decoded(token.substr(first + 1, second - first - 1));
  if (!payload) return std::nullopt;
  const auto json = dfi::Json::parse(*payload, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  TokenClaims claims{text_of(json, "aud"), roles_of(json), 0, text_of(json, "tid"), text_of(json, "appid")};
  if (claims.application.empty()) claims.application = text_of(json, "azp");
  if (const auto found = json.find("exp"); found != json.end() && found->is_number_integer())
    claims.expires = found->get<std::int64_t>();
  return claims;
}

}  // namespace faxmail
