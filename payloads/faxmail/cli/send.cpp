// SPDX-License-Identifier: Apache-2.0
#include <pwd.h>
#include <unistd.h>

#include <iostream>
#include <iterator>

#include "base/file.hpp"
#include "base/gate.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/cli/verbs.hpp"
#include "payloads/faxmail/config/config.hpp"
#include "payloads/faxmail/message/mail.hpp"
#include "payloads/faxmail/queue/queue.hpp"

namespace faxmail {
namespace {

std::string user_name() {
  const auto* entry = ::getpwuid(::geteuid());
  return entry ? entry->pw_name : std::to_string(::geteuid());
}

std::string text_of(const SendOptions& options) {
  if (options.text_file.empty()) return options.text;
  if (options.text_file != "-") return dfi::read_file(options.text_file);
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

Address sender_of(const Context& context, const Capability& capability, const std::string& from) {
  if (!from.empty()) return parse_address(from);
  const auto fallback = Config::read(context.layout, capability).get("default_sender");
  if (fallback.empty()) throw dfi::Error(dfi::msg::mail_sender_missing);
  return parse_address(fallback);
}

}  // namespace

int send(const Context& context, const SendOptions& options) {
  const auto pass = dfi::gate::Pass::enter(context.layout.data(), false);
  const auto capability = Capability::read(context.layout);
  Mail mail;
  mail.from = sender_of(context, capability, options.from);
  for (const auto& address : options.to) mail.to.push_back(parse_address(address));
  mail.subject = options.subject;
  mail.text = text_of(options);
  for (const auto& file : options.attachments) mail.attachments.push_back(Attachment::read(file));
  mail.message_id = new_message_id(mail.from);
  mail.date = mail_date();
  Submission submission{options.key, user_name(), mail.from.spec, mail.subject, mail.message_id, compose(mail), {}};
  for (const auto& address : mail.to) submission.to.push_back(address.spec);
  const auto accepted = Queue(context.layout, capability).submit(submission);
  context.line(std::to_string(accepted.id));
  context.document("send", 0,
                   {{"id", accepted.id}, {"message_id", accepted.message_id}, {"existing", accepted.existing}});
  return 0;
}

}  // namespace faxmail
