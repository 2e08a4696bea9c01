// SPDX-License-Identifier: Apache-2.0
// From TOML to values, with the line of each.
#include <toml++/toml.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/file.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/config/place.hpp"
#include "payloads/faxmail/product/data_file.hpp"

namespace faxmail {
namespace {

std::string line_of(const toml::source_region& region) { return std::to_string(region.begin.line); }

/// The value as text, or nothing if it has not the kind of its key.
std::optional<std::string> value_text(const toml::node& node, KeyKind kind) {
  if (kind == KeyKind::text && node.is_string()) return node.value_or(std::string{});
  if (kind == KeyKind::integer && node.is_integer()) return std::to_string(node.value_or(std::int64_t{0}));
  if (kind == KeyKind::boolean && node.is_boolean()) return node.value_or(false) ? "true" : "false";
  return std::nullopt;
}

bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 127; });
}

toml::table parse_table(const std::string& text, const fs::path& file) {
  try {
    return toml::parse(text, file.string());
  } catch (const toml::parse_error& e) {
    throw dfi::Error(
        dfi::msg::mail_config_malformed,
        {{"path", file.string()}, {"line", line_of(e.source())}, {"reason", std::string(e.description())}});
  }
}

class Reader {
 public:
  Reader(Place& place, const Capability& capability, int level)
      : place_(place), capability_(capability), level_(level) {}

  std::string value(const ConfigKey& key, const std::string& dotted, const toml::node& node) const {
    const auto text = value_text(node, key.kind);
    if (!text) refuse_value(place_, capability_, dotted, "?", allowed_text(key));
    if (has_control(*text)) refuse_value(place_, capability_, dotted, "…", allowed_text(key));
    return *text;
  }

  void note(const std::string& dotted, const toml::node& node) const { place_.lines[dotted] = line_of(node.source()); }

  std::map<std::string, AccountTable> accounts(const toml::node& node) const {
    std::map<std::string, AccountTable> tables;
    if (!node.is_table()) refuse_value(place_, capability_, "account", "?", "[account.NAME]");
    for (const auto& [name, entry] : *node.as_table()) {
      const std::string account(name.str());
      note("account." + account, entry);
      const bool right = entry.is_table() && !account.empty() && account != "default" &&
                         account.find_first_not_of(name_characters) == std::string::npos;
      if (!right) refuse_value(place_, capability_, "account." + account, "?", "[account.NAME], NAME: a-z 0-9 _ -");
      tables[account] = read_account("account." + account + ".", *entry.as_table());
    }
    return tables;
  }

 private:
  static constexpr const char* name_characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

  AccountTable read_account(const std::string& prefix, const toml::table& table) const {
    AccountTable account;
    for (const auto& [name, node] : table) {
      const std::string key(name.str());
      note(prefix + key, node);
      if (key == "senders") {
        account.senders = senders(prefix + key, node);
        continue;
      }
      const auto* known = find_key(level_, key);
      if (!known || known->owner != KeyOwner::account)
        refuse_key(place_, account_keys(), prefix + key, line_of(name.source()));
      account.values[key] = value(*known, prefix + key, node);
    }
    return account;
  }

  std::vector<std::string> senders(const std::string& dotted, const toml::node& node) const {
    std::vector<std::string> result;
    const auto refuse = [&] {
      refuse_value(place_, capability_, dotted, "?", "[\"name@example.com\", \"@example.com\"]");
    };
    if (!node.is_array()) refuse();
    for (const auto& entry : *node.as_array()) {
      result.push_back(entry.value_or(std::string{}));
      const auto& sender = result.back();
      const auto at = sender.find('@');
      if (at == std::string::npos || at + 1 == sender.size() || has_control(sender) ||
          sender.find(' ') != std::string::npos)
        refuse();
    }
    return result;
  }

  std::vector<std::string> account_keys() const {
    std::vector<std::string> known{"senders"};
    for (const auto& key : config_keys(level_))
      if (key.owner == KeyOwner::account) known.emplace_back(key.name);
    return known;
  }

  Place& place_;
  const Capability& capability_;
  int level_;
};

}  // namespace

Config Config::read(const Layout& layout, const Capability& capability) {
  const auto text = dfi::read_file_if_exists(layout.config_file());
  if (!text)
    throw dfi::Error(dfi::msg::mail_data_missing, {{"file", "FAXMAILC"}, {"path", layout.config_file().string()}});
  return parse(*text, layout, capability);
}

Config Config::parse(const std::string& text, const Layout& layout, const Capability& capability) {
  Config config;
  config.layout_ = layout;
  const auto table = parse_table(text, config.file());
  const auto* level = table.get("format_level");
  require_config_level(layout, capability,
                       level && level->is_integer() ? std::to_string(level->value_or(std::int64_t{0})) : "-");
  config.level_ = capability.level("FAXMAILC");
  Place place{config.file(), {}};
  const Reader reader(place, capability, config.level_);
  for (const auto& [name, node] : table) {
    const std::string key(name.str());
    reader.note(key, node);
    if (key == "format_level") continue;
    if (key == "account" && config.level_ >= 4) {
      config.tables_ = reader.accounts(node);
      continue;
    }
    const auto* known = find_key(config.level_, key);
    if (!known) {
      std::vector<std::string> names{"format_level"};
      for (const auto& entry : config_keys(config.level_)) names.emplace_back(entry.name);
      refuse_key(place, names, key, line_of(name.source()));
    }
    config.values_[key] = reader.value(*known, key, node);
  }
  require_rules(config, place, capability);
  return config;
}

}  // namespace faxmail
