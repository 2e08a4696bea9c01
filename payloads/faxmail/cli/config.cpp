// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/config.hpp"

#include <fmt/core.h>

#include "base/gate.hpp"
#include "payloads/faxmail/cli/verbs.hpp"
#include "payloads/faxmail/config/config_writer.hpp"
#include "payloads/faxmail/config/secret.hpp"

namespace faxmail {
namespace {

dfi::Json to_json(const Config& config) {
  dfi::Json json{{"format_level", config.level()}};
  for (const auto& key : config_keys(config.level())) {
    const auto value = config.get(key.name);
    if (key.kind == KeyKind::integer)
      json[key.name] = config.port_number();
    else if (key.kind == KeyKind::boolean)
      json[key.name] = value == "true";
    else
      json[key.name] = value;
  }
  return json;
}

void show(const Context& context, const Config& config) {
  context.document("config", 0, {{"path", context.layout.config_file().string()}, {"config", to_json(config)}});
  context.line(fmt::format("{:<16} {}", "format_level", config.level()));
  for (const auto& key : config_keys(config.level()))
    context.line(fmt::format("{:<16} {}", key.name, config.get(key.name)));
}

}  // namespace

int config_show(const Context& context) {
  show(context, Config::read(context.layout, Capability::read(context.layout)));
  return 0;
}

int config_check(const Context& context) {
  const auto config = Config::read(context.layout, Capability::read(context.layout));
  config.require_complete();
  if (config.auth() != "*NONE") Secret::read(config.path_of("password_file"));
  context.document("config", 0, {{"path", context.layout.config_file().string()}, {"config", to_json(config)}});
  context.say("config.right", {{"path", context.layout.config_file().string()}});
  return 0;
}

int config_set(const Context& context, const std::vector<std::string>& assignments) {
  // The file is converted and swapped by dfinstall like the other data files.
  const auto pass = dfi::gate::Pass::enter(context.layout.data(), false);
  const auto capability = Capability::read(context.layout);
  show(context, set_config(context.layout, capability, context.texts, assignments));
  context.say("config.restart");
  return 0;
}

}  // namespace faxmail
