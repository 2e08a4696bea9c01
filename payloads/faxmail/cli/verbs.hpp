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

/// `change` is hold, release, delete or retry; `all` = every mail it can be done to. 1 if one of `ids` was in no state
/// for it.
int queue_change(const Context& context, const std::string& change, const std::vector<std::int64_t>& ids, bool all);
/// Every waiting mail is tried at once, every paused account too.
int queue_flush(const Context& context);

/// Each mail as ID.eml and ID.json into a new or empty directory: those that wait, are held or failed; `all` = all. Works
/// while the engine runs. 65 if a mail is damaged.
int queue_export(const Context& context, const std::string& directory, bool all);
/// Reads that back, with Message-ID, Date and key. A mail that is there already is left alone. 65 if a file is damaged;
/// the others are imported.
int queue_import(const Context& context, const std::string& directory);

/// No further mail is sent until resume(), also after a restart.
int pause(const Context& context);
int resume(const Context& context);
/// No further mail is sent until resume() or the next start; waits until nothing is in transfer. 75 if that takes
/// longer.
int drain(const Context& context, int seconds);

int config_show(const Context& context);
/// Reads the file strictly and proves that mails can be sent with it: server, login, secrets. Says what is risky.
int config_check(const Context& context);
int config_set(const Context& context, const std::vector<std::string>& assignments);
int config_preset(const Context& context, const std::string& name);
int config_from_file(const Context& context, const std::string& sheet);

struct SecretOptions {
  std::string account;
  bool client_secret = false;
};
/// Reads the secret from the terminal or standard input; it is never an argument.
int config_set_password(const Context& context, const SecretOptions& options);

int status(const Context& context);
/// Capability, levels, quick_check, configuration; 1 if something is wrong. Sends nothing, changes nothing, works while
/// the gate is closed.
int selftest(const Context& context);

}  // namespace faxmail
