// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/config.hpp"

#include <fmt/core.h>

#include "base/gate.hpp"
#include "payloads/faxmail/cli/ask_secret.hpp"
#include "payloads/faxmail/cli/verbs.hpp"
#include "payloads/faxmail/config/config_writer.hpp"
#include "payloads/faxmail/config/secret_source.hpp"
#include "payloads/faxmail/config/values.hpp"
#include "payloads/faxmail/config/warnings.hpp"

namespace faxmail {
namespace {

dfi::Json to_json(const ConfigKey& key, const std::string& value) {
  if (key.kind == KeyKind::integer) return parse_number(value).value_or(0);
  if (key.kind == KeyKind::boolean) return value == "true";
  return value;
}

dfi::Json to_json(const Config& config) {
  dfi::Json json{{"format_level", config.level()}};
  for (const auto& key : config_keys(config.level())) json[key.name] = to_json(key, config.get(key.name));
  for (const auto& [name, table] : config.tables()) {
    auto& account = json["account"][name];
    account["senders"] = table.senders;
    for (const auto& [key, value] : table.values) account[key] = to_json(*find_key(config.level(), key), value);
  }
  return json;
}

void show(const Context& context, const Config& config, const std::vector<std::string>& notes = {}) {
  const auto warnings = warning_texts(config, context.texts);
  context.document("config", 0,
                   {{"path", context.layout.config_file().string()},
                    {"config", to_json(config)},
                    {"warnings", warnings},
                    {"notes", notes}});
  context.line(fmt::format("{:<30} {}", "format_level", config.level()));
  for (const auto& key : config_keys(config.level()))
    context.line(fmt::format("{:<30} {}", key.name, config.get(key.name)));
  for (const auto& [name, table] : config.tables()) {
    context.say("config.account", {{"name", name}, {"senders", joined(table.senders)}});
    for (const auto& [key, value] : table.values) context.line(fmt::format("  {:<28} {}", key, value));
  }
  for (const auto& note : notes) context.line(note);
  for (const auto& warning : warnings) context.say("warning.label", {{"text", warning}});
}

/// Every secret an account would use can be taken from its place.
void require_secrets(const Config& config) {
  for (const auto& account : account_configs(config)) {
    if (!account.logs_in()) continue;
    const auto password = SecretSource::of(account, "password");
    if (!account.token_only() && !password.empty()) password.line();
    const auto client = SecretSource::of(account, "oauth_client_secret");
    const bool token = account.token_only() || account.is("auth", "*AUTO");
    if (token && !account.get("oauth_provider").empty()) client.whole();
  }
}

/// The file is converted and swapped by dfinstall like the other data files, so nothing is changed behind its gate.
template <class Change>
int change(const Context& context, Change make) {
  const auto pass = dfi::gate::Pass::enter(context.layout.data(), false);
  const auto capability = Capability::read(context.layout);
  const ConfigChange changed = make(ConfigDesk{context.layout, capability, context.texts});
  show(context, changed.config, changed.notes);
  context.say("config.restart");
  return 0;
}

}  // namespace

int config_show(const Context& context) {
  show(context, Config::read(context.layout, Capability::read(context.layout)));
  return 0;
}

int config_check(const Context& context) {
  const auto config = Config::read(context.layout, Capability::read(context.layout));
  config.require_complete();
  require_secrets(config);
  const auto warnings = warning_texts(config, context.texts);
  context.document(
      "config", 0,
      {{"path", context.layout.config_file().string()}, {"config", to_json(config)}, {"warnings", warnings}});
  context.say("config.right", {{"path", context.layout.config_file().string()}});
  for (const auto& warning : warnings) context.say("warning.label", {{"text", warning}});
  return 0;
}

int config_set(const Context& context, const std::vector<std::string>& assignments) {
  return change(context, [&](const ConfigDesk& desk) { return set_config(desk, assignments); });
}

int config_preset(const Context& context, const std::string& name) { return config_set(context, {"preset=" + name}); }

int config_from_file(const Context& context, const std::string& sheet) {
  return change(context, [&](const ConfigDesk& desk) { return set_from_sheet(desk, sheet); });
}

int config_set_password(const Context& context, const SecretOptions& options) {
  return change(context, [&](const ConfigDesk& desk) {
    const auto secret = ask_secret(context.texts);
    return set_secret(desk, {options.account, options.client_secret ? "oauth_client_secret" : "password"}, secret);
  });
}

}  // namespace faxmail
