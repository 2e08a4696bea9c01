// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/cli/submit.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "messages/mail.hpp"
#include "payloads/faxmail/config/config.hpp"
#include "payloads/faxmail/queue/queue.hpp"

namespace faxmail {
namespace {

std::string user_name() {
  const auto* entry = ::getpwuid(::geteuid());
  return entry ? entry->pw_name : std::to_string(::geteuid());
}

[[noreturn]] void refuse(const std::string& option, const std::string& value, const std::string& allowed) {
  throw dfi::Error(dfi::msg::mail_option_value, {{"option", option}, {"value", value}, {"allowed", allowed}});
}

/// "failure,delay" as RFC 3461 spells it.
std::string notify_of(const std::string& value) {
  if (value.empty()) return {};
  bool never = false, known = true;
  std::vector<std::string> wanted;
  auto rest = upper(value) + ",";
  for (std::size_t end; (end = rest.find(',')) != std::string::npos; rest.erase(0, end + 1)) {
    const auto word = rest.substr(0, end);
    never = never || word == "NEVER";
    known = known && (word == "NEVER" || word == "FAILURE" || word == "DELAY" || word == "SUCCESS");
    if (std::find(wanted.begin(), wanted.end(), word) == wanted.end()) wanted.push_back(word);
  }
  if (!known || (never && wanted.size() > 1)) refuse("-N", value, "never; failure, delay, success");
  std::string result;
  for (const auto& word : wanted) result += (result.empty() ? "" : ",") + word;
  return result;
}

std::string ret_of(const std::string& value) {
  const auto ret = upper(value);
  if (!ret.empty() && ret != "HDRS" && ret != "FULL") refuse("-R", value, "hdrs, full");
  return ret;
}

std::string envid_of(const std::string& value) {
  const bool fits =
      value.size() <= 100 && std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!fits) refuse("-V", value, "1-100 ASCII");
  return value;
}

}  // namespace

std::optional<std::string> envelope_sender(const EnvelopeOptions& options) {
  if (!options.sender) return std::nullopt;
  if (options.sender->empty() || *options.sender == "<>") return std::string();
  return parse_address(*options.sender).spec;
}

Address default_sender(const Context& context, const Capability& capability) {
  const auto fallback = Config::read(context.layout, capability).get("default_sender");
  if (fallback.empty()) throw dfi::Error(dfi::msg::mail_sender_missing);
  return parse_address(fallback);
}

int submit(const Context& context, const Capability& capability, ReadyMessage message, const EnvelopeOptions& options,
           Answer answer) {
  Submission submission;
  submission.key = options.key.empty() ? message.identity : options.key;
  submission.user = user_name();
  submission.from = std::move(message.from);
  submission.subject = std::move(message.subject);
  submission.message_id = std::move(message.message_id);
  submission.message = std::move(message.bytes);
  submission.to = std::move(message.to);
  submission.options.eight_bit = message.eight_bit;
  submission.options.smtputf8 = message.smtputf8;
  submission.options.notify = notify_of(options.notify);
  submission.options.ret = ret_of(options.ret);
  submission.options.envid = envid_of(options.envid);
  const auto accepted = Queue(context.layout, capability).submit(submission);
  if (answer == Answer::id) context.line(std::to_string(accepted.id));
  context.document("send", 0,
                   {{"id", accepted.id}, {"message_id", accepted.message_id}, {"existing", accepted.existing}});
  return 0;
}

}  // namespace faxmail
