// SPDX-License-Identifier: Apache-2.0
// A mail that we compose.
#include <ctime>
#include <iostream>
#include <iterator>

#include "base/file.hpp"
#include "base/gate.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/cli/submit.hpp"
#include "payloads/faxmail/cli/verbs.hpp"
#include "payloads/faxmail/message/logos.hpp"
#include "payloads/faxmail/message/mail.hpp"
#include "payloads/faxmail/message/template.hpp"

namespace faxmail {
namespace {

std::string text_of(const SendOptions& options) {
  if (options.text_file.empty()) return options.text;
  if (options.text_file != "-") return dfi::read_file(options.text_file);
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

std::vector<Address> addresses(const std::vector<std::string>& texts) {
  std::vector<Address> result;
  for (const auto& text : texts) result.push_back(parse_address(text));
  return result;
}

std::string person(const Address& address) { return address.name.empty() ? address.spec : address.name; }

/// Today, as a person of this language writes it.
std::string today(dfi::Language language) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char text[32];
  const auto size =
      std::strftime(text, sizeof text, language == dfi::Language::german ? "%d.%m.%Y" : "%Y-%m-%d", &local);
  return {text, size};
}

void apply_template(const Context& context, const SendOptions& options, Mail& mail) {
  TemplateValues values{{"sender", person(mail.from)}, {"date", today(context.texts.language())}};
  for (const auto* list : {&mail.bcc, &mail.cc, &mail.to})
    if (!list->empty()) values["recipient"] = person(list->front());
  for (const auto& assignment : options.values) {
    const auto equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0)
      throw dfi::Error(dfi::msg::mail_option_value,
                       {{"option", "--set"}, {"value", assignment}, {"allowed", "NAME=VALUE"}});
    values[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  const auto texts = filled(Template::load(context.layout, options.template_name, context.texts.language()), values);
  if (mail.subject.empty()) mail.subject = texts.subject;
  mail.text = texts.text;
  mail.html = texts.html;
}

}  // namespace

int send(const Context& context, const SendOptions& options) {
  const auto pass = dfi::gate::Pass::enter(context.layout.data(), false);
  const auto capability = Capability::read(context.layout);
  Mail mail;
  mail.from = options.from.empty() ? default_sender(context, capability) : parse_address(options.from);
  if (!options.envelope.sender_name.empty()) mail.from.name = options.envelope.sender_name;
  mail.to = addresses(options.to);
  mail.cc = addresses(options.cc);
  mail.bcc = addresses(options.bcc);
  mail.reply_to = addresses(options.reply_to);
  if (mail.to.empty() && mail.cc.empty() && mail.bcc.empty()) throw dfi::Error(dfi::msg::mail_recipients_missing);
  mail.subject = options.subject;
  mail.text = text_of(options);
  if (!options.template_name.empty()) apply_template(context, options, mail);
  if (!options.logo.empty()) mail.logo = Logos(context.layout, capability).get(options.logo);
  for (const auto& file : options.attachments) mail.attachments.push_back(Attachment::read(file));
  mail.message_id = new_message_id(mail.from);
  mail.date = mail_date();
  auto message = compose_ready(mail);
  message.from = envelope_sender(options.envelope).value_or(message.from);
  return submit(context, capability, std::move(message), options.envelope, Answer::id);
}

}  // namespace faxmail
