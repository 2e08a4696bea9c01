// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/warnings.hpp"

#include <ctime>

#include "payloads/faxmail/config/values.hpp"

namespace faxmail {
namespace {

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// The mail host of Microsoft 365, whatever the region.
bool is_m365(const AccountConfig& account) { return ends_with(lower(account.get("server")), ".office365.com"); }

bool shows_password(const AccountConfig& account) {
  if (account.encrypted()) return false;
  const bool by_choice = account.is("auth", "*AUTO") && account.is("auth_plain_without_tls", "*YES");
  return account.is("auth", "*LOGIN") || account.is("auth", "*PLAIN") || by_choice;
}

}  // namespace

std::vector<ConfigWarning> config_warnings(const Config& config, std::int64_t today) {
  std::vector<ConfigWarning> warnings;
  for (const auto& account : account_configs(config)) {
    const auto add = [&](const char* text, dfi::Args args) {
      args.push_back({"key", account.dotted("auth")});
      args.push_back({"auth", account.get("auth")});
      warnings.push_back({text, std::move(args)});
    };
    if (shows_password(account)) add("warning.open_login", {});
    const bool by_token = account.token_only() || !account.get("oauth_provider").empty();
    if (account.logs_in() && !by_token && is_m365(account)) add("warning.basic_auth", {});
    const auto last = parse_day(account.get("oauth_secret_expires"));
    if (!last || !account.logs_in()) continue;
    const auto left = *last - today;
    if (left > expiry_warning_days) continue;
    add(left < 0 ? "warning.secret_expired" : "warning.secret_expires",
        {{"day", account.get("oauth_secret_expires")},
         {"days", std::to_string(left)},
         {"expires", account.dotted("oauth_secret_expires")}});
  }
  return warnings;
}

std::vector<std::string> warning_texts(const Config& config, const Texts& texts) {
  constexpr std::time_t day = 86'400;
  std::vector<std::string> result;
  for (const auto& warning : config_warnings(config, std::time(nullptr) / day))
    result.push_back(texts(warning.text, warning.args));
  return result;
}

}  // namespace faxmail
