// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/oauth/providers.hpp"

#include <ctime>

#include "payloads/faxmail/oauth/assertion.hpp"

namespace faxmail {
namespace {

constexpr const char* m365_scope = "https://outlook.office365.com/.default";
constexpr const char* google_scope = "https://mail.google.com/";

std::string scope_or(const OAuthSettings& settings, const char* standard) {
  return settings.scope.empty() ? standard : settings.scope;
}

HttpsPost client_credentials(const OAuthSettings& settings) {
  HttpsPost post;
  const bool m365 = settings.provider == "m365";
  post.url = settings.token_url;
  if (m365 && post.url.empty())
    post.url = "https://login.microsoftonline.com/" + settings.tenant + "/oauth2/v2.0/token";
  const auto scope = scope_or(settings, m365 ? m365_scope : "");
  post.form.emplace_back("grant_type", "client_credentials");
  post.form.emplace_back("client_id", settings.client_id);
  if (!scope.empty()) post.form.emplace_back("scope", scope);
  post.form.emplace_back("client_secret", settings.secret.line().value());
  return post;
}

HttpsPost service_account(const OAuthSettings& settings) {
  const auto key = ServiceKey::parse(settings.secret.whole().value(), settings.secret.key);
  HttpsPost post;
  post.url = settings.token_url.empty() ? key.token_url : settings.token_url;
  post.form.emplace_back("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
  post.form.emplace_back("assertion", signed_assertion(key, {scope_or(settings, google_scope), settings.user, post.url},
                                                       std::time(nullptr)));
  return post;
}

}  // namespace

OAuthSettings OAuthSettings::of(const AccountConfig& account) {
  return {account.get("oauth_provider"),
          account.get("oauth_tenant"),
          account.get("oauth_client_id"),
          account.get("oauth_scope"),
          account.get("oauth_token_url"),
          account.is("oauth_provider", "google") ? account.get("user") : "",
          SecretSource::of(account, "oauth_client_secret"),
          account.path_of("oauth_ca_file")};
}

HttpsPost token_request(const OAuthSettings& settings) {
  auto post = settings.provider == "google" ? service_account(settings) : client_credentials(settings);
  post.ca_file = settings.ca_file;
  return post;
}

}  // namespace faxmail
