// SPDX-License-Identifier: Apache-2.0
// The verbs of `faxmail`, one source file each. Each returns the exit code and throws dfi::Error.
#pragma once
#include <string>
#include <vector>

#include "payloads/faxmail/cli/context.hpp"
#include "payloads/faxmail/cli/send_options.hpp"

namespace faxmail {

/// Accept a mail: when they return it is on disk. Refused while the gate is closed.
int send(const Context& context, const SendOptions& options);
int send_message(const Context& context, const HandoverOptions& options);
/// As other mail programs call it: silent if all is well.
int sendmail(const Context& context, const SendmailOptions& options);

int queue_list(const Context& context, const std::string& status);
int queue_show(const Context& context, std::int64_t id);

int config_show(const Context& context);
/// Reads the file strictly and proves that mails can be sent with it: server, login, password file.
int config_check(const Context& context);
int config_set(const Context& context, const std::vector<std::string>& assignments);

int status(const Context& context);
/// Capability, levels, quick_check, configuration; 1 if something is wrong. Sends nothing, changes nothing, works while
/// the gate is closed.
int selftest(const Context& context);

}  // namespace faxmail
