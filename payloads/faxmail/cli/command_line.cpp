// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/cli/command_line.hpp"

#include <CLI/CLI.hpp>

namespace faxmail {

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& text, Action& action, Action act) {
  auto* verb = app.add_subcommand(name, text);
  verb->fallthrough();
  verb->callback([&action, act = std::move(act)] { action = act; });
  return verb;
}

CLI::App* add_group(CLI::App& app, const std::string& name, const std::string& text, Action& action, Action act) {
  auto* verb = add_verb(app, name, text, action, {});
  verb->require_subcommand(0, 1);
  // The callback of a sub-command runs before the one of its parent; the parent must then leave it alone.
  verb->callback([&action, act = std::move(act)] {
    if (!action) action = act;
  });
  return verb;
}

}  // namespace faxmail
