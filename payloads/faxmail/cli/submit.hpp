// SPDX-License-Identifier: Apache-2.0
// The last steps of every way to send: options proved, mail into the queue, answer to the caller.
#pragma once
#include "payloads/faxmail/cli/context.hpp"
#include "payloads/faxmail/cli/send_options.hpp"
#include "payloads/faxmail/message/ready.hpp"

namespace faxmail {

/// The envelope sender that the options name, if they do; empty: <>. Throws Error mail_address_….
std::optional<std::string> envelope_sender(const EnvelopeOptions& options);
/// default_sender of the configuration. Throws Error mail_sender_missing.
Address default_sender(const Context& context, const Capability& capability);

enum class Answer { id, nothing };
/// Stores the mail durably. Throws Error mail_option_value, mail_message_id_used and those of the queue.
int submit(const Context& context, const Capability& capability, ReadyMessage message, const EnvelopeOptions& options,
           Answer answer);

}  // namespace faxmail
