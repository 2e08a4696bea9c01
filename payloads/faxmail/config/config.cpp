// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/config.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "base/file.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/product/data_file.hpp"

namespace faxmail {
namespace {

constexpr ConfigKey all_keys[] = {
    {"server", KeyKind::text, "", 2, 3},
    {"port", KeyKind::integer, "25", 2, 2},
    {"port", KeyKind::text, "25", 3, 3},
    {"ssl", KeyKind::text, "*NO", 3, 3},
    {"smtp_auth", KeyKind::boolean, "false", 2, 2},
    {"auth", KeyKind::text, "*NONE", 3, 3},
    {"user", KeyKind::text, "", 2, 3},
    {"password_file", KeyKind::text, "", 2, 3},
    {"tls_ca_file", KeyKind::text, "", 3, 3},
    {"default_sender", KeyKind::text, "", 2, 3},
    {"helo_name", KeyKind::text, "", 2, 3},
};

int parse_port(const std::string& text) {
  if (text == "*SMTP") return 25;
  if (text == "*SUBMISSION") return 587;
  if (text == "*SMTPS") return 465;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0 && number < 65536 ? number : 0;
}

struct Place {
  const fs::path& file;
  std::map<std::string, std::string> lines;  // key → line

  std::string line(const std::string& key) const {
    const auto found = lines.find(key);
    return found == lines.end() ? "-" : found->second;
  }
};

[[noreturn]] void refuse_value(const Place& place, const Capability& capability, const std::string& key,
                               const std::string& value, const std::string& allowed) {
  throw dfi::Error(dfi::msg::mail_config_value, {{"path", place.file.string()},
                                                 {"line", place.line(key)},
                                                 {"key", key},
                                                 {"value", value},
                                                 {"version", capability.name()},
                                                 {"allowed", allowed}});
}

[[noreturn]] void refuse_key(const Place& place, int level, const std::string& key, const std::string& line) {
  std::vector<std::string> known{"format_level"};
  for (const auto& entry : config_keys(level)) known.emplace_back(entry.name);
  throw dfi::Error(dfi::msg::mail_config_unknown_key,
                   {{"path", place.file.string()}, {"line", line}, {"key", key}, {"known", joined(known)}});
}

void require_allowed(const Place& place, const Capability& capability, const std::string& key, const std::string& value,
                     const std::vector<std::string>& allowed) {
  if (!contains(allowed, value)) refuse_value(place, capability, key, value, joined(allowed));
}

void require_values(const Config& config, const Place& place, const Capability& capability) {
  const auto port = config.get("port");
  const std::string ports =
      capability.smtps ? "1-65535, *SMTP, *SUBMISSION, *SMTPS" : "1-65535 (not 465), *SMTP, *SUBMISSION";
  if (parse_port(port) == 0 || (config.implicit_tls() && !capability.smtps))
    refuse_value(place, capability, "port", port, ports);
  if (config.level() < 3) return;
  require_allowed(place, capability, "ssl", config.get("ssl"), capability.ssl);
  require_allowed(place, capability, "auth", config.get("auth"), capability.auth);
  auto needs_ssl = [&](const std::string& key) {
    throw dfi::Error(dfi::msg::mail_config_conflict,
                     {{"path", place.file.string()}, {"key", key}, {"value", config.get(key)}, {"other", "ssl=*YES"}});
  };
  if (config.implicit_tls() && !config.encrypted()) needs_ssl("port");
  // Both methods *AUTO can choose show the password to everybody on an unencrypted line; only the explicit
  // *LOGIN or *PLAIN of an old configuration may do that.
  if (config.auth() == "*AUTO" && !config.encrypted()) needs_ssl("auth");
}

/// The value as text, or nothing if it has not the kind of its key.
std::string value_text(const toml::node& node, KeyKind kind, bool& right) {
  right = true;
  if (kind == KeyKind::text && node.is_string()) return node.value_or(std::string{});
  if (kind == KeyKind::integer && node.is_integer()) return std::to_string(node.value_or(std::int64_t{0}));
  if (kind == KeyKind::boolean && node.is_boolean()) return node.value_or(false) ? "true" : "false";
  right = false;
  return {};
}

const char* kind_text(KeyKind kind) {
  return kind == KeyKind::text ? "\"text\"" : kind == KeyKind::integer ? "1-65535" : "true, false";
}

toml::table parse_table(const std::string& text, const fs::path& file) {
  try {
    return toml::parse(text, file.string());
  } catch (const toml::parse_error& e) {
    throw dfi::Error(dfi::msg::mail_config_malformed, {{"path", file.string()},
                                                       {"line", std::to_string(e.source().begin.line)},
                                                       {"reason", std::string(e.description())}});
  }
}

}  // namespace

std::vector<ConfigKey> config_keys(int level) {
  std::vector<ConfigKey> keys;
  for (const auto& key : all_keys)
    if (key.first_level <= level && level <= key.last_level) keys.push_back(key);
  return keys;
}

Config Config::read(const Layout& layout, const Capability& capability) {
  const auto text = dfi::read_file_if_exists(layout.config_file());
  if (!text)
    throw dfi::Error(dfi::msg::mail_data_missing, {{"file", "FAXMAILC"}, {"path", layout.config_file().string()}});
  return parse(*text, layout, capability);
}

Config Config::parse(const std::string& text, const Layout& layout, const Capability& capability) {
  Config config;
  config.file_ = layout.config_file();
  const auto table = parse_table(text, config.file_);
  const auto* level = table.get("format_level");
  require_config_level(layout, capability,
                       level && level->is_integer() ? std::to_string(level->value_or(std::int64_t{0})) : "-");
  config.level_ = capability.level("FAXMAILC");
  const auto keys = config_keys(config.level_);
  Place place{config.file_, {}};
  for (const auto& [name, node] : table) {
    const std::string key(name.str());
    place.lines[key] = std::to_string(node.source().begin.line);
    if (key == "format_level") continue;
    const auto known =
        std::find_if(keys.begin(), keys.end(), [&](const ConfigKey& entry) { return entry.name == key; });
    if (known == keys.end()) refuse_key(place, config.level_, key, std::to_string(name.source().begin.line));
    bool right = false;
    auto value = value_text(node, known->kind, right);
    const bool control =
        std::any_of(value.begin(), value.end(), [](char c) { return c == '\r' || c == '\n' || c == 0; });
    if (!right || control) refuse_value(place, capability, key, right ? "…" : "?", kind_text(known->kind));
    config.values_[key] = std::move(value);
  }
  require_values(config, place, capability);
  return config;
}

std::string Config::get(const std::string& key) const {
  const auto found = values_.find(key);
  if (found != values_.end()) return found->second;
  for (const auto& entry : config_keys(level_))
    if (entry.name == key) return entry.fallback;
  return {};
}

std::string Config::auth() const {
  if (level_ < 3) return get("smtp_auth") == "true" ? "*LOGIN" : "*NONE";
  return get("auth");
}

int Config::port_number() const { return parse_port(get("port")); }

fs::path Config::path_of(const std::string& key) const {
  const auto value = get(key);
  return value.empty() ? fs::path() : file_.parent_path() / value;
}

void Config::require_complete() const {
  auto need = [&](const char* key, const std::string& needed_by) {
    if (get(key).empty())
      throw dfi::Error(dfi::msg::mail_config_incomplete,
                       {{"path", file_.string()}, {"key", key}, {"needed_by", needed_by}});
  };
  need("server", "faxmaild");
  if (auth() == "*NONE") return;
  const std::string login = level_ < 3 ? "smtp_auth = true" : "auth = " + auth();
  need("user", login);
  need("password_file", login);
}

}  // namespace faxmail
