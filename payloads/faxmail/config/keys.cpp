// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/keys.hpp"

#include "payloads/faxmail/config/values.hpp"
#include "payloads/faxmail/product/capability.hpp"

namespace faxmail {
namespace {

constexpr auto text = KeyKind::text;
constexpr auto integer = KeyKind::integer;
constexpr auto account = KeyOwner::account;
constexpr auto engine = KeyOwner::engine;
constexpr const char* yes_no = "*YES *NO";
constexpr std::int64_t hour = 3600;

constexpr ConfigKey all_keys[] = {
    {"server", text, "", 2, 4},
    {"port", integer, "25", 2, 2},
    {"port", text, "25", 3, 3},
    {"port", text, "*SUBMISSION", 4, 4},
    {"ssl", text, "*NO", 3, 3},
    {"ssl", text, "*YES", 4, 4},
    {"tls_mode", text, "*AUTO", 4, 4, account, "*AUTO *IMPLICIT *STARTTLS"},
    {"tls_min", text, "1.2", 4, 4, account, "1.2 1.3"},
    {"tls_ca_file", text, "", 4, 4},
    {"tls_pin_sha256", text, "", 4, 4},
    {"tls_verify", text, "*YES", 4, 4, account, yes_no},
    {"tls_name", text, "", 4, 4},
    {"tls_cert_file", text, "", 4, 4},
    {"tls_key_file", text, "", 4, 4},
    {"smtp_auth", KeyKind::boolean, "false", 2, 2},
    {"auth", text, "*NONE", 3, 3},
    {"auth", text, "*AUTO", 4, 4},
    {"auth_plain_without_tls", text, "*NO", 4, 4, account, yes_no},
    {"user", text, "", 2, 4},
    {"password_file", text, "", 2, 4},
    {"password_command", text, "", 4, 4},
    {"password_credential", text, "", 4, 4},
    {"tls_ca_file", text, "", 3, 3},
    {"oauth_provider", text, "", 4, 4},
    {"oauth_tenant", text, "", 4, 4},
    {"oauth_client_id", text, "", 4, 4},
    {"oauth_client_secret_file", text, "", 4, 4},
    {"oauth_client_secret_command", text, "", 4, 4},
    {"oauth_client_secret_credential", text, "", 4, 4},
    {"oauth_scope", text, "", 4, 4},
    {"oauth_token_url", text, "", 4, 4},
    {"oauth_ca_file", text, "", 4, 4},
    {"oauth_secret_expires", text, "", 4, 4},
    {"default_sender", text, "", 2, 4, engine},
    {"helo_name", text, "", 2, 4},
    {"max_connections", integer, "2", 4, 4, account, "", 1, 50},
    {"rate_per_minute", integer, "0", 4, 4, account, "", 0, 100'000},
    {"burst", integer, "5", 4, 4, account, "", 1, 10'000},
    {"max_per_connection", integer, "100", 4, 4, account, "", 1, 100'000},
    {"idle_close", integer, "60", 4, 4, account, "", 1, hour},
    {"session_max", integer, "600", 4, 4, account, "", 10, 24 * hour},
    {"size_limit", integer, "0", 4, 4, account, "", 0, std::int64_t{1} << 40},
    {"dsn_notify", text, "FAILURE,DELAY", 4, 4},
    {"timeout_connect", integer, "20", 4, 4, account, "", 1, hour},
    {"timeout_greeting", integer, "60", 4, 4, account, "", 1, hour},
    {"timeout_ehlo", integer, "60", 4, 4, account, "", 1, hour},
    {"timeout_tls", integer, "30", 4, 4, account, "", 1, hour},
    {"timeout_login", integer, "60", 4, 4, account, "", 1, hour},
    {"timeout_envelope", integer, "300", 4, 4, account, "", 1, hour},
    {"timeout_data", integer, "120", 4, 4, account, "", 1, hour},
    {"timeout_block", integer, "180", 4, 4, account, "", 1, hour},
    {"timeout_dot", integer, "600", 4, 4, account, "", 1, hour},
    {"timeout_quit", integer, "5", 4, 4, account, "", 1, hour},
    {"retry", text, "1,5,15,30", 4, 4, engine},
    {"lifetime_hours", integer, "96", 4, 4, engine, "", 1, 720},
    {"warn_hours", integer, "4", 4, 4, engine, "", 0, 720},
    {"on_uncertain", text, "*RESEND", 4, 4, engine, "*RESEND *HOLD"},
    {"uncertain_minutes", integer, "15", 4, 4, engine, "", 1, 1440},
    {"postmaster", text, "", 4, 4, engine},
    {"keep_days", integer, "30", 4, 4, engine, "", 0, 3650},
    {"trace_files", integer, "200", 4, 4, engine, "", 1, 100'000},
    {"trace_kib", integer, "256", 4, 4, engine, "", 1, 1 << 20},
    {"trace_days", integer, "14", 4, 4, engine, "", 1, 3650},
};

bool has_level(const ConfigKey& key, int level) { return key.first_level <= level && level <= key.last_level; }

}  // namespace

std::vector<ConfigKey> config_keys(int level) {
  std::vector<ConfigKey> keys;
  for (const auto& key : all_keys)
    if (has_level(key, level)) keys.push_back(key);
  return keys;
}

const ConfigKey* find_key(int level, const std::string& name) {
  for (const auto& key : all_keys)
    if (has_level(key, level) && key.name == name) return &key;
  return nullptr;
}

std::string allowed_text(const ConfigKey& key) {
  if (key.kind == KeyKind::boolean) return "true, false";
  if (key.lowest < key.highest) return std::to_string(key.lowest) + "-" + std::to_string(key.highest);
  if (key.kind == KeyKind::integer) return "1-65535";
  const auto words = split(key.words, " ");
  return words.empty() ? "\"text\"" : joined(words);
}

}  // namespace faxmail
