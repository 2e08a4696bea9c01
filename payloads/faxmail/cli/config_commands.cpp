// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "payloads/faxmail/cli/command_line.hpp"
#include "payloads/faxmail/cli/verbs.hpp"

namespace faxmail {
namespace {

/// Where values come from besides the command line.
void add_config_sources(CLI::App& config, const Texts& texts, Action& action) {
  auto name = std::make_shared<std::string>();
  auto* preset = add_verb(config, "preset", texts("help.config_preset"), action,
                          [name](const Context& c) { return config_preset(c, *name); });
  preset->add_option("NAME", *name, texts("help.preset_name"))->required();
  auto sheet = std::make_shared<std::string>();
  auto* from_file = add_verb(config, "from-file", texts("help.config_from_file"), action,
                             [sheet](const Context& c) { return config_from_file(c, *sheet); });
  from_file->add_option("SHEET", *sheet, texts("help.sheet"))->required();
  auto options = std::make_shared<SecretOptions>();
  auto* password = add_verb(config, "set-password", texts("help.config_set_password"), action,
                            [options](const Context& c) { return config_set_password(c, *options); });
  password->add_option("--account", options->account, texts("help.account"))->type_name("NAME");
  password->add_flag("--client-secret", options->client_secret, texts("help.client_secret"));
}

}  // namespace

void add_config(CLI::App& app, const Texts& texts, Action& action) {
  auto assignments = std::make_shared<std::vector<std::string>>();
  auto* verb = add_group(app, "config", texts("help.config"), action, config_show);
  add_verb(*verb, "show", texts("help.config_show"), action, config_show);
  add_verb(*verb, "check", texts("help.config_check"), action, config_check);
  auto* set = add_verb(*verb, "set", texts("help.config_set"), action,
                       [assignments](const Context& c) { return config_set(c, *assignments); });
  set->add_option("KEY=VALUE", *assignments, texts("help.assignments"))->required();
  add_config_sources(*verb, texts, action);
}

}  // namespace faxmail
