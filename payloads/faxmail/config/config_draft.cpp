// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/config_draft.hpp"

#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <sstream>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/config/preset.hpp"
#include "payloads/faxmail/config/values.hpp"

namespace faxmail {
namespace {

std::string quoted(const std::string& value) {
  std::ostringstream out;
  out << toml::toml_formatter(toml::value<std::string>(value), toml::format_flags::none);
  return out.str();
}

std::string toml_value(const ConfigKey& key, const std::string& value) {
  return key.kind == KeyKind::text ? quoted(value) : value;
}

/// "# " before each line of a comment.
std::string commented(const std::string& text) {
  std::string result = "# ";
  for (const char c : text) {
    result += c;
    if (c == '\n') result += "# ";
  }
  return result + "\n";
}

/// The comment above a key. Level 4 has texts of its own: some keys mean more there.
std::string comment_of(const ConfigDesk& desk, int level, const std::string& key) {
  return commented(desk.texts((level >= 4 ? "config_4." : "config.") + key, {{"ssl", joined(desk.capability.ssl)},
                                                                             {"auth", joined(desk.capability.auth)},
                                                                             {"tls_min", desk.capability.tls_min}}));
}

[[noreturn]] void unknown(const std::string& key, int level) {
  std::vector<std::string> known;
  for (const auto& entry : config_keys(level)) known.emplace_back(entry.name);
  throw dfi::Error(dfi::msg::mail_config_set_unknown, {{"key", key}, {"known", joined(known)}});
}

}  // namespace

ConfigDraft::ConfigDraft(const ConfigDesk& desk, const Config& old)
    : desk_(desk), level_(old.level()), tables_(old.tables()) {
  for (const auto& key : config_keys(level_)) values_[key.name] = old.get(key.name);
}

void ConfigDraft::apply(const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos) throw dfi::Error(dfi::msg::mail_usage, {{"what", "KEY=VALUE: " + assignment}});
  const auto key = assignment.substr(0, equals);
  const auto value = assignment.substr(equals + 1);
  if (key == "preset") return apply_preset(value);
  set(key, value);
}

void ConfigDraft::set(const std::string& key, const std::string& value) {
  if (level_ >= 4 && key.rfind("account.", 0) == 0) return set_in_account(key, value);
  const auto found = values_.find(key);
  if (found == values_.end()) unknown(key, level_);
  found->second = value;
}

void ConfigDraft::set_in_account(const std::string& dotted, const std::string& value) {
  const auto name_end = dotted.rfind('.');
  const auto name_begin = dotted.find('.') + 1;
  if (name_end < name_begin) unknown(dotted, level_);
  const auto name = dotted.substr(name_begin, name_end - name_begin);
  const auto key = dotted.substr(name_end + 1);
  auto& table = tables_[name];
  if (key == "senders") {
    table.senders = split(value, ", ");
    return;
  }
  const auto* known = find_key(level_, key);
  if (!known || known->owner != KeyOwner::account) unknown(dotted, level_);
  table.values[key] = value;
}

void ConfigDraft::apply_preset(const std::string& name) {
  const auto preset = Preset::read(desk_.layout, desk_.capability, name, desk_.texts.language());
  std::vector<std::string> skipped;
  for (const auto& [key, value] : preset.keys) {
    if (values_.count(key) > 0)
      values_[key] = value;
    else
      skipped.push_back(key);
  }
  note(desk_.texts("config.preset_used", {{"preset", name}, {"as_of", preset.as_of}}));
  note(preset.notes);
  if (!skipped.empty()) note(desk_.texts("config.preset_skipped", {{"keys", joined(skipped)}}));
}

std::string ConfigDraft::text() const {
  std::string text = commented(desk_.texts("config.head"));
  text += "\n" + commented(desk_.texts("config.format_level")) + "format_level = " + std::to_string(level_) + "\n";
  for (const auto& key : config_keys(level_))
    text +=
        "\n" + comment_of(desk_, level_, key.name) + key.name + " = " + toml_value(key, values_.at(key.name)) + "\n";
  if (!tables_.empty()) text += "\n" + commented(desk_.texts("config_4.account"));
  for (const auto& [name, table] : tables_) {
    std::string senders;
    for (const auto& sender : table.senders) senders += (senders.empty() ? "" : ", ") + quoted(sender);
    text += "\n[account." + name + "]\nsenders = [" + senders + "]\n";
    for (const auto& key : config_keys(level_)) {
      const auto found = table.values.find(key.name);
      if (found != table.values.end()) text += std::string(key.name) + " = " + toml_value(key, found->second) + "\n";
    }
  }
  return text;
}

void ConfigDraft::require_kinds() const {
  const auto require = [](const ConfigKey& key, const std::string& value) {
    const bool right = key.kind == KeyKind::text || (key.kind == KeyKind::integer && parse_number(value)) ||
                       (key.kind == KeyKind::boolean && (value == "true" || value == "false"));
    if (!right) throw dfi::Error(dfi::msg::mail_usage, {{"what", std::string(key.name) + "=" + value}});
  };
  for (const auto& key : config_keys(level_)) {
    require(key, values_.at(key.name));
    for (const auto& [name, table] : tables_)
      if (const auto found = table.values.find(key.name); found != table.values.end()) require(key, found->second);
  }
}

Config ConfigDraft::proved() const {
  require_kinds();
  return Config::parse(text(), desk_.layout, desk_.capability);
}

ConfigChange ConfigDraft::commit() && {
  auto config = proved();
  const fs::path path = desk_.layout.config_file();
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw dfi::os_error("stat", path);
  dfi::durable::write_file(path, text(), status.st_mode & 07777);
  if (::geteuid() == 0) dfi::durable::set_owner(path, {status.st_uid, status.st_gid});
  return {std::move(config), std::move(notes_)};
}

}  // namespace faxmail
