// SPDX-License-Identifier: Apache-2.0
// What `faxmail send` and `sendmail` are told.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace faxmail {

/// Common to a mail we compose and a message that comes in complete.
struct EnvelopeOptions {
  std::optional<std::string> sender;  // -f, -r: envelope sender; "" or "<>": none
  std::string sender_name;            // -F
  std::string notify, ret, envid;     // -N, -R, -V
  std::string key;
};

struct SendOptions {
  EnvelopeOptions envelope;
  std::string from, subject, text, text_file, template_name, logo;
  std::vector<std::string> to, cc, bcc, reply_to, values, attachments;
};

/// A complete message from standard input.
struct HandoverOptions {
  EnvelopeOptions envelope;
  std::vector<std::string> recipients;
  bool header_recipients = false;  // -t
  bool lone_dot_is_text = false;   // -i; else a line with only a dot ends the message
};

struct SendmailOptions {
  HandoverOptions handover;
  std::vector<std::string> settings;  // -o…
  std::string mode = "m";             // -b
  bool run_queue = false;             // -q
};

}  // namespace faxmail
