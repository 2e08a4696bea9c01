// SPDX-License-Identifier: Apache-2.0
// How a verb enters the command line of `faxmail`: it declares its options and, if it was named, leaves its action.
#pragma once
#include <functional>
#include <string>

#include "payloads/faxmail/cli/context.hpp"

namespace CLI {
class App;
}

namespace faxmail {

using Action = std::function<int(const Context&)>;

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& text, Action& action, Action act);
/// A verb that has verbs below it and does `act` if none of them is named.
CLI::App* add_group(CLI::App& app, const std::string& name, const std::string& text, Action& action, Action act);

void add_send(CLI::App& app, const Texts& texts, Action& action);
/// The same program by the name under which others know a mail program.
void add_sendmail(CLI::App& app, const Texts& texts, Action& action);
void add_config(CLI::App& app, const Texts& texts, Action& action);
void add_queue(CLI::App& app, const Texts& texts, Action& action);
/// pause, resume, drain
void add_control(CLI::App& app, const Texts& texts, Action& action);
/// What ails the way to the mail server; traces; the bundle for the hotline.
void add_doctor(CLI::App& app, const Texts& texts, Action& action);
void add_trace(CLI::App& app, const Texts& texts, Action& action);
void add_support(CLI::App& app, const Texts& texts, Action& action);
void add_logo(CLI::App& app, const Texts& texts, Action& action);

}  // namespace faxmail
