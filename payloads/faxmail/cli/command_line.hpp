// SPDX-License-Identifier: Apache-2.0
// How the verbs get onto the command line: each file of commands adds its own.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "payloads/faxmail/cli/context.hpp"

namespace faxmail {

/// What the command line asks for; set while it is parsed, run afterwards.
using Action = std::function<int(const Context&)>;

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& text, Action& action, Action act);
/// A verb that does `act` itself and may have sub-commands that do something else.
CLI::App* add_group(CLI::App& app, const std::string& name, const std::string& text, Action& action, Action act);

void add_queue(CLI::App& app, const Texts& texts, Action& action);
/// pause, resume, drain
void add_control(CLI::App& app, const Texts& texts, Action& action);

}  // namespace faxmail
