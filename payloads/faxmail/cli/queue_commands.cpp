// SPDX-License-Identifier: Apache-2.0
// The command lines around the queue.
#include <CLI/CLI.hpp>

#include "payloads/faxmail/cli/command_line.hpp"
#include "payloads/faxmail/cli/verbs.hpp"

namespace faxmail {
namespace {

struct Choice {
  std::vector<std::int64_t> ids;
  std::string status, sender;
  bool all = false;
};

/// The mails an operator means: by id, or all in a status.
void add_choice(CLI::App& verb, const Texts& texts, const std::shared_ptr<Choice>& choice) {
  auto* ids = verb.add_option("ID", choice->ids, texts("help.ids"));
  verb.add_flag("--all", choice->all, texts("help.all"))->excludes(ids);
  verb.callback([choice, ids] {
    if (!choice->all && choice->ids.empty()) throw CLI::RequiredError(ids->get_name());
  });
}

void add_transfer(CLI::App& verb, const Texts& texts, Action& action) {
  auto directory = std::make_shared<std::string>();
  auto all = std::make_shared<bool>(false);
  auto* out = add_verb(verb, "export", texts("help.queue_export"), action,
                       [directory, all](const Context& c) { return queue_export(c, *directory, *all); });
  out->add_option("DIR", *directory, texts("help.export_directory"))->required();
  out->add_flag("--all", *all, texts("help.export_all"));
  auto* in = add_verb(verb, "import", texts("help.queue_import"), action,
                      [directory](const Context& c) { return queue_import(c, *directory); });
  in->add_option("DIR", *directory, texts("help.import_directory"))->required();
}

}  // namespace

void add_queue(CLI::App& app, const Texts& texts, Action& action) {
  auto status = std::make_shared<std::string>();
  auto id = std::make_shared<std::int64_t>(0);
  const auto list = [status](const Context& c) { return queue_list(c, *status); };
  auto* verb = add_group(app, "queue", texts("help.queue"), action, list);
  verb->add_option("--status", *status, texts("help.status_filter"))
      ->type_name("STATUS")
      ->check(CLI::IsMember({"queued", "active", "dot", "sent", "failed", "held"}));
  add_verb(*verb, "list", texts("help.queue_list"), action, list);
  auto* show =
      add_verb(*verb, "show", texts("help.queue_show"), action, [id](const Context& c) { return queue_show(c, *id); });
  show->add_option("ID", *id, texts("help.id"))->required();
  for (const std::string change : {"hold", "release", "delete", "retry"}) {
    auto choice = std::make_shared<Choice>();
    auto* sub = verb->add_subcommand(change, texts("help.queue_" + change));
    sub->fallthrough();
    add_choice(*sub, texts, choice);
    sub->parse_complete_callback([&action, change, choice] {
      action = [change, choice](const Context& c) { return queue_change(c, change, choice->ids, choice->all); };
    });
  }
  add_verb(*verb, "flush", texts("help.queue_flush"), action, queue_flush);
  add_transfer(*verb, texts, action);
}

void add_control(CLI::App& app, const Texts& texts, Action& action) {
  add_verb(app, "pause", texts("help.pause"), action, pause);
  add_verb(app, "resume", texts("help.resume"), action, resume);
  auto seconds = std::make_shared<int>(60);
  auto* verb =
      add_verb(app, "drain", texts("help.drain"), action, [seconds](const Context& c) { return drain(c, *seconds); });
  verb->add_option("--wait", *seconds, texts("help.wait"))->type_name("SECONDS")->check(CLI::Range(0, 86400));
}

}  // namespace faxmail
