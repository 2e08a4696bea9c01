// SPDX-License-Identifier: Apache-2.0
// The command lines of send and sendmail.
#include <CLI/CLI.hpp>

#include "payloads/faxmail/cli/command_line.hpp"
#include "payloads/faxmail/cli/verbs.hpp"

namespace faxmail {
namespace {

void add_envelope(CLI::App& verb, const Texts& texts, EnvelopeOptions& envelope) {
  // sendmail's callers give options twice; the last one counts.
  const auto last = CLI::MultiOptionPolicy::TakeLast;
  auto text = [&](const char* name, auto& value, const char* help, const char* type) {
    verb.add_option(name, value, texts(help))->type_name(type)->multi_option_policy(last);
  };
  text("-f,-r", envelope.sender, "help.envelope_from", "ADDRESS");
  text("-F", envelope.sender_name, "help.sender_name", "NAME");
  text("-N", envelope.notify, "help.notify", "never|failure,delay,success");
  text("-R", envelope.ret, "help.ret", "hdrs|full");
  text("-V", envelope.envid, "help.envid", "ID");
}

std::vector<CLI::Option*> add_composing(CLI::App& verb, const Texts& texts, SendOptions& options) {
  std::vector<CLI::Option*> all;
  auto text = [&](const char* name, std::string& value, const char* help, const char* type) {
    all.push_back(verb.add_option(name, value, texts(help))->type_name(type));
    return all.back();
  };
  auto list = [&](const char* name, std::vector<std::string>& values, const char* help, const char* type) {
    all.push_back(verb.add_option(name, values, texts(help))->type_name(type)->allow_extra_args(false));
  };
  text("--from", options.from, "help.from", "ADDRESS");
  list("--to", options.to, "help.to", "ADDRESS");
  list("--cc", options.cc, "help.cc", "ADDRESS");
  list("--bcc", options.bcc, "help.bcc", "ADDRESS");
  list("--reply-to", options.reply_to, "help.reply_to", "ADDRESS");
  text("--subject", options.subject, "help.subject", "TEXT");
  auto* direct = text("--text", options.text, "help.text", "TEXT");
  auto* file = text("--text-file", options.text_file, "help.text_file", "FILE")->excludes(direct);
  text("--template", options.template_name, "help.template", "NAME")->excludes(direct)->excludes(file);
  list("--set", options.values, "help.set", "NAME=VALUE");
  text("--logo", options.logo, "help.logo_option", "NAME");
  list("--attach", options.attachments, "help.attach", "FILE");
  return all;
}

/// sendmail(8) has options that mean nothing here; a program that gives them still wants its mail sent.
void add_ignored(CLI::App& verb) {
  auto nowhere = std::make_shared<std::vector<std::string>>();
  for (const char* name : {"-A", "-B", "-C", "-L", "-O", "-X", "-d", "-e", "-h", "-p"})
    verb.add_option(name, *nowhere)->allow_extra_args(false)->group("");
  for (const char* name : {"-G", "-U", "-m", "-n", "-s", "-v"}) verb.add_flag(name)->group("");
  verb.parse_complete_callback([nowhere] {});  // keeps the place alive
}

}  // namespace

void add_send(CLI::App& app, const Texts& texts, Action& action) {
  auto compose = std::make_shared<SendOptions>();
  auto handover = std::make_shared<HandoverOptions>();
  auto* verb = add_verb(app, "send", texts("help.send"), action, [compose, handover](const Context& context) {
    if (!handover->header_recipients && handover->recipients.empty()) return send(context, *compose);
    handover->envelope = compose->envelope;
    return send_message(context, *handover);
  });
  add_envelope(*verb, texts, compose->envelope);
  verb->add_option("--key", compose->envelope.key, texts("help.key"))->type_name("KEY");
  auto* recipients = verb->add_option("ADDRESS", handover->recipients, texts("help.recipients"));
  auto* header = verb->add_flag("-t", handover->header_recipients, texts("help.header_recipients"));
  verb->add_flag("-i", handover->lone_dot_is_text, texts("help.dots"));
  for (auto* option : add_composing(*verb, texts, *compose)) option->excludes(recipients)->excludes(header);
}

void add_sendmail(CLI::App& app, const Texts& texts, Action& action) {
  auto options = std::make_shared<SendmailOptions>();
  auto* verb = add_verb(app, "sendmail", texts("help.sendmail"), action,
                        [options](const Context& context) { return sendmail(context, *options); });
  verb->set_help_flag("--help", texts("help.help"));  // -h is a number of hops
  add_envelope(*verb, texts, options->handover.envelope);
  verb->add_option("ADDRESS", options->handover.recipients, texts("help.recipients"));
  verb->add_flag("-t", options->handover.header_recipients, texts("help.header_recipients"));
  verb->add_flag("-i", options->handover.lone_dot_is_text, texts("help.dots"));
  verb->add_option("-o", options->settings)->allow_extra_args(false)->group("");
  verb->add_option("-b", options->mode)->group("");
  const auto run = [options](const CLI::results_t&) { return options->run_queue = true; };
  verb->add_option("-q", run)->expected(0, 1)->group("");
  add_ignored(*verb);
}

}  // namespace faxmail
