// SPDX-License-Identifier: Apache-2.0
// A complete message from standard input, as programs hand it to sendmail.
#include <unistd.h>

#include "base/error.hpp"
#include "base/gate.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/cli/submit.hpp"
#include "payloads/faxmail/cli/verbs.hpp"

namespace faxmail {
namespace {

constexpr std::size_t message_limit_mib = 256;

std::string standard_input() {
  std::string text;
  char block[64 * 1024];
  for (;;) {
    const auto size = ::read(STDIN_FILENO, block, sizeof block);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw dfi::os_error("read", "/dev/stdin");
    if (size == 0) return text;
    text.append(block, static_cast<std::size_t>(size));
    if (text.size() > message_limit_mib << 20)
      throw dfi::Error(dfi::msg::mail_message_too_big, {{"limit", std::to_string(message_limit_mib)}});
  }
}

/// Everything before the first line that is only a dot.
std::string_view until_dot(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    if (line == "." || line == ".\r") return text.substr(0, at);
    at = end + 1;
  }
  return text;
}

int hand_over(const Context& context, const HandoverOptions& options, Answer answer) {
  const auto pass = dfi::gate::Pass::enter(context.layout.data(), false);
  const auto capability = Capability::read(context.layout);
  Handover handover;
  handover.envelope_from = envelope_sender(options.envelope);
  handover.sender_name = options.envelope.sender_name;
  handover.header_recipients = options.header_recipients;
  handover.default_sender = [&] { return default_sender(context, capability); };
  // An argument may hold a list, as sendmail takes it.
  for (const auto& recipient : options.recipients)
    for (auto& address : parse_address_list(recipient, "ADDRESS")) handover.to.push_back(std::move(address));
  const auto input = standard_input();
  auto message = read_message(options.lone_dot_is_text ? input : until_dot(input), handover);
  return submit(context, capability, std::move(message), options.envelope, answer);
}

[[noreturn]] void refuse_mode(const std::string& mode) {
  throw dfi::Error(dfi::msg::mail_sendmail_mode, {{"option", "-b" + mode}});
}

}  // namespace

int send_message(const Context& context, const HandoverOptions& options) {
  return hand_over(context, options, Answer::id);
}

int sendmail(const Context& context, const SendmailOptions& options) {
  if (options.mode == "p") return queue_list(context, {});
  // The engine looks after its queue itself, and there is no alias file.
  if (options.run_queue || options.mode == "i") return 0;
  if (options.mode != "m") refuse_mode(options.mode);
  auto handover = options.handover;
  for (const auto& setting : options.settings) handover.lone_dot_is_text = handover.lone_dot_is_text || setting == "i";
  return hand_over(context, handover, Answer::nothing);
}

}  // namespace faxmail
