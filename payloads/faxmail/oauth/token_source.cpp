// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/oauth/token_source.hpp"

#include <algorithm>
#include <charconv>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/config/values.hpp"

namespace faxmail {
namespace {

constexpr std::size_t longest_token = 16 * 1024;
constexpr std::size_t longest_description = 300;
// An endpoint need not say how long a token lives (RFC 6749 5.1). Short enough for any, long enough for a connection.
constexpr std::chrono::seconds unsaid_life{300};
constexpr std::chrono::seconds longest_life{24 * 3600};

std::string text_of(const dfi::Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// The first line, without control characters and without anything secret that we sent.
std::string harmless(std::string text, const Form& form) {
  text.resize(std::min(text.find_first_of("\r\n"), text.size()));
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 127; }),
             text.end());
  for (const auto& [name, value] : form) {
    if ((name != "client_secret" && name != "assertion") || value.empty()) continue;
    for (auto at = text.find(value); at != std::string::npos; at = text.find(value))
      text.replace(at, value.size(), "***");
  }
  if (text.size() > longest_description) text.resize(longest_description);
  return text;
}

[[noreturn]] void malformed(const HttpsPost& request, const HttpsReply& reply, const char* reason) {
  throw dfi::Error(dfi::msg::oauth_malformed,
                   {{"endpoint", request.url}, {"status", std::to_string(reply.status)}, {"reason", reason}});
}

/// Some endpoints write the number as a text.
std::chrono::seconds life_of(const dfi::Json& json) {
  const auto found = json.find("expires_in");
  if (found == json.end()) return unsaid_life;
  std::optional<std::int64_t> seconds;
  if (found->is_number()) seconds = static_cast<std::int64_t>(std::clamp(found->get<double>(), 0.0, 1e9));
  if (found->is_string()) seconds = parse_number(found->get<std::string>());
  if (!seconds) return unsaid_life;
  return std::clamp(std::chrono::seconds(*seconds), std::chrono::seconds(0), longest_life);
}

bool visible_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

}  // namespace

Token read_token(const HttpsPost& request, const HttpsReply& reply) {
  auto json = dfi::Json::parse(reply.body, nullptr, false);
  const bool object = json.is_object();
  if (reply.status != 200)
    throw dfi::Error(dfi::msg::oauth_refused,
                     {{"endpoint", request.url},
                      {"status", std::to_string(reply.status)},
                      {"error", object ? harmless(text_of(json, "error"), request.form) : ""},
                      {"description", object ? harmless(text_of(json, "error_description"), request.form) : ""}});
  if (!object) malformed(request, reply, "no JSON object");
  const auto found = json.find("access_token");
  if (found == json.end() || !found->is_string()) malformed(request, reply, "no access_token");
  auto& value = found->get_ref<std::string&>();
  const bool usable = !value.empty() && value.size() <= longest_token && visible_ascii(value);
  Token token{Secret(value), life_of(json)};
  wipe(value);
  if (!usable) malformed(request, reply, "access_token");
  const auto type = lower(text_of(json, "token_type"));
  if (!type.empty() && type != "bearer") malformed(request, reply, "token_type");
  return token;
}

TokenSource::TokenSource(Request request)
    : TokenSource(std::move(request), [] { return std::chrono::milliseconds(dfi::monotonic_ms()); }) {}

TokenSource::TokenSource(Request request, Clock clock) : request_(std::move(request)), clock_(std::move(clock)) {}

Secret TokenSource::token() {
  const std::lock_guard lock(mutex_);
  if (!token_.value().empty() && clock_() < renew_at_) return Secret(token_.value());
  token_ = Secret();
  const auto asked = clock_();
  const auto request = request_();
  auto token = read_token(request, post_form(request));
  renew_at_ = asked + std::chrono::milliseconds(token.life) * 4 / 5;
  token_ = std::move(token.value);
  return Secret(token_.value());
}

void TokenSource::spent() {
  const std::lock_guard lock(mutex_);
  token_ = Secret();
}

}  // namespace faxmail
