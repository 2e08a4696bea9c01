// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/config_writer.hpp"

#include <algorithm>

#include "base/toml.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/config/config_draft.hpp"
#include "payloads/faxmail/config/secret_source.hpp"

namespace faxmail {
namespace {

/// The file a secret goes to; the draft names one if it names none yet. An account never writes into a file it
/// inherits: that would change the login of others.
fs::path secret_file(ConfigDraft& draft, const ConfigDesk& desk, const SecretTarget& target) {
  const auto config = draft.proved();
  const bool own = target.account.empty();
  if (!own && config.tables().count(target.account) == 0)
    throw dfi::Error(dfi::msg::mail_config_set_unknown,
                     {{"key", "account." + target.account}, {"known", "account.NAME"}});
  const auto key = target.prefix + "_file";
  auto value = own ? config.get(key) : std::string{};
  if (!own) {
    const auto& values = config.tables().at(target.account).values;
    if (const auto found = values.find(key); found != values.end()) value = found->second;
  }
  if (value.empty()) {
    value = target.prefix + (own ? "" : "." + target.account);
    draft.set(own ? key : "account." + target.account + "." + key, value);
  }
  return desk.layout.config_directory() / value;
}

void write(const ConfigDesk& desk, ConfigDraft& draft, const fs::path& file, const Secret& secret) {
  write_secret(desk.layout, file, secret);
  draft.note(desk.texts("config.secret_written", {{"path", file.string()}}));
}

struct Sheet {
  std::string preset;
  std::vector<std::pair<std::string, std::string>> values;
  Secret password, client_secret;
};

[[noreturn]] void refuse_sheet_key(const fs::path& path, const toml::source_region& where, const std::string& key,
                                   int level) {
  std::vector<std::string> known{"preset", "password", "client_secret"};
  for (const auto& entry : config_keys(level)) known.emplace_back(entry.name);
  throw dfi::Error(
      dfi::msg::mail_config_unknown_key,
      {{"path", path.string()}, {"line", std::to_string(where.begin.line)}, {"key", key}, {"known", joined(known)}});
}

Sheet read_sheet(const fs::path& path, int level) {
  auto document = dfi::read_toml(path);
  Sheet sheet;
  for (const auto& [name, node] : document) {
    const std::string key(name.str());
    std::string value = node.value_or(std::string{});
    if (node.is_integer()) value = std::to_string(node.value_or(std::int64_t{0}));
    if (node.is_boolean()) value = node.value_or(false) ? "true" : "false";
    const bool secret = key == "password" || (key == "client_secret" && level >= 4);
    if (!secret && key != "preset" && !find_key(level, key)) refuse_sheet_key(path, name.source(), key, level);
    if (!node.is_string() && (secret || key == "preset" || (!node.is_integer() && !node.is_boolean())))
      throw dfi::toml_error(path, node.source(), key + "?");
    if (key == "preset")
      sheet.preset = value;
    else if (key == "password")
      sheet.password = Secret(value);
    else if (secret)
      sheet.client_secret = Secret(value);
    else
      sheet.values.emplace_back(key, value);
    if (secret) wipe(value);
  }
  return sheet;
}

}  // namespace

std::string render_config(const Config& config, const Capability& capability, const Texts& texts) {
  return ConfigDraft(ConfigDesk{config.layout(), capability, texts}, config).text();
}

ConfigChange set_config(const ConfigDesk& desk, const std::vector<std::string>& assignments) {
  ConfigDraft draft(desk, Config::read(desk.layout, desk.capability));
  for (const auto& assignment : assignments) draft.apply(assignment);
  return std::move(draft).commit();
}

ConfigChange set_from_sheet(const ConfigDesk& desk, const fs::path& path) {
  const auto old = Config::read(desk.layout, desk.capability);
  const auto sheet = read_sheet(path, old.level());
  ConfigDraft draft(desk, old);
  if (!sheet.preset.empty()) draft.apply_preset(sheet.preset);
  for (const auto& [key, value] : sheet.values) draft.set(key, value);
  const auto password = sheet.password.value().empty() ? fs::path() : secret_file(draft, desk, {"", "password"});
  const auto client =
      sheet.client_secret.value().empty() ? fs::path() : secret_file(draft, desk, {"", "oauth_client_secret"});
  draft.proved();
  if (!password.empty()) write(desk, draft, password, sheet.password);
  if (!client.empty()) write(desk, draft, client, sheet.client_secret);
  if (!password.empty() || !client.empty()) draft.note(desk.texts("config.sheet_delete", {{"path", path.string()}}));
  return std::move(draft).commit();
}

ConfigChange set_secret(const ConfigDesk& desk, const SecretTarget& target, const Secret& secret) {
  ConfigDraft draft(desk, Config::read(desk.layout, desk.capability));
  const auto before = draft.text();
  const auto file = secret_file(draft, desk, target);
  auto config = draft.proved();
  write(desk, draft, file, secret);
  // A file that says already where the secret stands keeps its comments.
  if (draft.text() == before) return {std::move(config), draft.notes()};
  return std::move(draft).commit();
}

}  // namespace faxmail
