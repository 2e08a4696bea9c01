// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/cli/doctor.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "messages/mail.hpp"
#include "payloads/faxmail/cli/command_line.hpp"
#include "payloads/faxmail/config/accounts.hpp"
#include "payloads/faxmail/message/address.hpp"

namespace faxmail {
namespace {

dfi::Json to_json(const Examination& examination, dfi::Language language) {
  dfi::Json steps = dfi::Json::array();
  for (const auto& step : examination.steps)
    steps.push_back({{"step", step.name}, {"ok", step.well}, {"detail", step.detail}, {"ms", step.milliseconds}});
  dfi::Json json{{"steps", steps}};
  if (examination.error) json["error"] = error_json(*examination.error, language);
  if (examination.advice)
    json["advice"] = {
        {"rule", examination.advice->id}, {"scope", examination.advice->scope}, {"text", examination.advice->text}};
  return json;
}

}  // namespace

Account account_named(const Config& config, const Capability& capability, const std::string& name) {
  std::string known;
  for (auto& account : accounts_of(config, capability)) {
    if (account.name == (name.empty() ? "default" : name)) return account;
    known += (known.empty() ? "" : ", ") + account.name;
  }
  throw dfi::Error(dfi::msg::mail_usage, {{"what", "--account: " + known}});
}

/// Without a wish the configured sender is tried, else the login if it is an address.
std::string sender_to_try(const Config& config, const Account& account, const std::string& wished) {
  for (const auto& candidate : {wished, config.get("default_sender"), account.user}) {
    if (candidate.find('@') == std::string::npos && candidate != wished) continue;
    if (!candidate.empty()) return parse_address(candidate).spec;
  }
  return {};
}

int doctor(const Context& context, const DoctorOptions& options) {
  const auto capability = Capability::read(context.layout);
  const auto config = Config::read(context.layout, capability);
  const auto account = account_named(config, capability, options.account);
  ExaminationWish wish;
  wish.sender = sender_to_try(config, account, options.as);
  if (!options.to.empty()) wish.recipient = parse_address(options.to).spec;
  wish.send_to_self = options.send_to_self;
  if (wish.send_to_self && wish.sender.empty()) throw dfi::Error(dfi::msg::mail_sender_missing);
  wish.told = [&](const ExaminationStep& step) {
    context.line(fmt::format("{:<6} {:<10} {}", context.texts(step.well ? "doctor.well" : "doctor.ill"), step.name,
                             step.detail));
  };
  const auto language = context.texts.language();
  const auto examination = examine(account, wish, Rules::load(context.layout), language);
  context.document("doctor", examination.exit_code, to_json(examination, language));
  if (!examination.trouble)
    context.say(wish.send_to_self     ? "doctor.sent"
                : wish.sender.empty() ? "doctor.healthy_login"
                                      : "doctor.healthy",
                {{"sender", wish.sender}});
  else if (examination.advice)
    context.line("\n" + examination.advice->text);
  else if (examination.error)
    context.line("\n" + error_text(*examination.error, language));
  else
    context.say("doctor.unknown");
  return examination.exit_code;
}

void add_doctor(CLI::App& app, const Texts& texts, Action& action) {
  auto options = std::make_shared<DoctorOptions>();
  auto* verb = add_verb(app, "doctor", texts("help.doctor"), action,
                        [options](const Context& c) { return doctor(c, *options); });
  verb->add_option("--account", options->account, texts("help.doctor_account"))->type_name("NAME");
  verb->add_option("--as", options->as, texts("help.doctor_as"))->type_name("ADDRESS");
  verb->add_option("--to", options->to, texts("help.doctor_to"))->type_name("ADDRESS");
  verb->add_flag("--send-to-self", options->send_to_self, texts("help.doctor_self"));
}

}  // namespace faxmail
