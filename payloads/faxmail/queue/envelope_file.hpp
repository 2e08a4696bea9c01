// SPDX-License-Identifier: Apache-2.0
// A mail outside of the queue: NAME.eml holds the message as accepted, NAME.json everything else. Two files that every
// program can read, and the way back to an older release.
#pragma once
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "payloads/faxmail/queue/entry.hpp"

namespace faxmail {

dfi::Json envelope_json(const QueueEntry& entry, std::string_view message);

/// The mail of an envelope and its message, as Queue::submit() takes it: recipients that had it do not get it again; a
/// waiting mail waits, a held one is held, a sent or failed one is over. A mail that was just being sent is held, since
/// nobody knows whether it arrived. `path` is for messages. Throws Error mail_import_damaged, json_malformed,
/// mail_address_….
Submission read_envelope(const std::string& json, std::string message, const std::filesystem::path& path);

}  // namespace faxmail
