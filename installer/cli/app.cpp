// SPDX-License-Identifier: Apache-2.0
// The command tree: one row per verb. Parsing is CLI11's, texts of errors are ours.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <clocale>
#include <functional>
#include <iostream>
#include <map>

#include "cli/context.hpp"
#include "core/run.hpp"
#include "messages/cli.hpp"
#include "messages/general.hpp"
#include "messages/help.hpp"
#include "messages/support.hpp"

namespace dfi::cli {
namespace {

struct Verb {
  const char* group;  // "ptf", or empty
  const char* name;
  Msg help;
  int (*work)(Context&);
  const char* argument;  // of options.name; null = none
  bool needed;
};

constexpr Verb verbs[] = {
    {"", "status", msg::help_status, show_status, nullptr, false},
    {"", "check", msg::help_check, show_check, "RELEASE", false},
    {"", "plan", msg::help_plan, show_plan, "RELEASE", false},
    {"", "update", msg::help_update, run_update, "RELEASE", false},
    {"", "rehearse", msg::help_rehearse, run_rehearse, "RELEASE", false},
    {"", "convert", msg::help_convert, run_convert, nullptr, false},
    {"", "resume", msg::help_resume, run_resume, nullptr, false},
    {"", "rollback", msg::help_rollback, run_rollback, nullptr, false},
    {"", "commit", msg::help_commit, run_commit, nullptr, false},
    {"", "locks", msg::help_locks, show_locks, "FILE", false},
    {"", "endjobs", msg::help_endjobs, end_jobs, nullptr, false},
    {"", "start", msg::help_start, start_product, nullptr, false},
    {"", "stop", msg::help_stop, stop_product, nullptr, false},
    {"", "history", msg::help_history, show_history, nullptr, false},
    {"", "joblog", msg::help_joblog, show_job_log, "RUN", false},
    {"", "uninstall", msg::help_uninstall, run_uninstall, nullptr, false},
    {"", "attach", msg::help_attach, attach, nullptr, false},
    {"", "support", msg::help_support, make_support_bundle, nullptr, false},
    {"backup", "create", msg::help_backup_create, run_backup_create, nullptr, false},
    {"backup", "list", msg::help_backup_list, list_backups, nullptr, false},
    {"backup", "verify", msg::help_backup_verify, verify_backup, "BACKUP", false},
    {"backup", "drill", msg::help_backup_drill, run_backup_drill, "BACKUP", false},
    {"backup", "prune", msg::help_backup_prune, prune_backups, nullptr, false},
    {"backup", "restore", msg::help_backup_restore, run_backup_restore, "BACKUP", false},
    {"rescued", "list", msg::help_rescued_list, list_rescued, nullptr, false},
    {"rescued", "restore", msg::help_rescued_restore, restore_rescued, "OBJECT", true},
    {"ptf", "list", msg::help_ptf_list, list_ptfs, nullptr, false},
    {"ptf", "show", msg::help_ptf_show, show_ptf, "PTF", true},
    {"ptf", "apply", msg::help_ptf_apply, run_ptf_apply, "PTF", true},
    {"ptf", "remove", msg::help_ptf_remove, run_ptf_remove, "PTF", true},
};

using Speak = std::function<std::string(Msg)>;

// Help is printed while parsing, so the language must be known before.
Language language_of(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = word == "--lang" && i + 1 < argc ? std::string(argv[i + 1])
                       : word.rfind("--lang=", 0) == 0  ? word.substr(7)
                                                        : "";
    if (auto language = parse_language(value)) return *language;
  }
  return language_from_environment();
}

void on_signal(int signal) { interrupted_by = signal; }

// A lost terminal does not stop a run, and a display fault cannot either; Ctrl-C and TERM end it between two items.
void set_up_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGHUP, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
}

void add_options(CLI::App& app, Options& options, std::string& language, const Speak& help) {
  app.option_defaults()->group(help(msg::help_options));
  app.set_help_flag("-h,--help", help(msg::help_help));
  app.set_version_flag("--version", DFI_VERSION, help(msg::help_version));
  const auto words = app.get_formatter();
  words->label("Usage", help(msg::help_usage));
  words->label("OPTIONS", help(msg::help_options));
  words->label("Positionals", help(msg::help_arguments));
  words->label("SUBCOMMAND", help(msg::help_commands));
  words->label("REQUIRED", help(msg::help_required));
  app.add_option("--root", options.root, help(msg::help_root))->type_name("DIR");
  app.add_option("--product", options.product, help(msg::help_product))->type_name("NAME");
  app.add_flag("--json", options.json, help(msg::help_json));
  app.add_flag("--yes", options.yes, help(msg::help_yes));
  app.add_option("--lang", language, help(msg::help_lang))->type_name("LANGUAGE");
}

std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

// CLI11 only says that a subcommand is required; the operator mistyped one.
std::optional<Error> unknown_verb(int argc, char** argv, Language language) {
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word == "--root" || word == "--lang" || word == "--product") {
      ++i;
      continue;
    }
    if (word.rfind('-', 0) == 0) continue;
    std::string near;
    std::size_t best = 3;
    for (const auto& verb : verbs) {
      const std::string name = *verb.group ? verb.group : verb.name;
      if (name == word) return std::nullopt;
      if (auto d = distance(word, name); d < best) {
        best = d;
        near = name;
      }
    }
    auto hint = near.empty() ? std::string() : text({msg::verb_hint, {{"near", near}}}, language);
    return Error(msg::verb_unknown, {{"verb", word}, {"hint", hint}});
  }
  return std::nullopt;
}

// CLI11 speaks English only.
Error refusal(const CLI::ParseError& e) {
  const std::string what = e.what();
  const auto is = [&](CLI::ExitCodes kind) { return e.get_exit_code() == static_cast<int>(kind); };
  if (is(CLI::ExitCodes::ExtrasError))
    return Error(msg::usage_unexpected, {{"words", what.substr(what.find(": ") + 2)}});
  if (!is(CLI::ExitCodes::RequiredError)) return Error(msg::usage, {{"what", what}});
  if (what.rfind("A subcommand", 0) == 0) return Error(msg::usage_no_command);
  return Error(msg::usage_missing, {{"what", what.substr(0, what.find(" is required"))}});
}

int finish(const Options& options, const Json& result, int exit, const Error* error) {
  if (error && !options.json) print_error(*error, options.language);
  if (options.json) {
    Json document{{"schema", "dfinstall/1"}, {"verb", options.verb}, {"ok", exit == 0}, {"exit", exit}};
    if (error) document["error"] = error_json(*error, options.language);
    document.update(result);
    std::cout << document.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  std::cout.flush();
  return exit;
}

int dispatch(const Verb& verb, const Options& options) {
  Context context(options);
  try {
    const int exit = verb.work(context);
    return finish(options, context.result, exit, nullptr);
  } catch (const Error& e) {
    return finish(options, context.result, e.exit_code(), &e);
  } catch (const std::exception& e) {
    Error internal(msg::internal_error, {{"what", e.what()}});
    return finish(options, context.result, internal.exit_code(), &internal);
  }
}

void add_conversion_options(CLI::App& command, const Verb& verb, Options& options, const Speak& help) {
  const bool plans =
      verb.work == run_update || verb.work == run_rehearse || verb.work == show_check || verb.work == show_plan;
  if (!plans && verb.work != run_resume) return;
  command.add_option("--dependents", options.dependents, help(msg::help_dependents))
      ->check(CLI::IsMember({"recreate", "abort", "save-only"}));
  command.add_option("--on-error", options.on_error, help(msg::help_on_error))
      ->check(CLI::IsMember({"reject", "abort"}));
  command.add_option("--max-rejects", options.max_rejects, help(msg::help_max_rejects))->type_name("N|N%");
  if (plans) command.add_flag("--no-fuse", options.no_fuse, help(msg::help_no_fuse));
  if (plans)
    command.add_option("--level", options.levels, help(msg::help_level))->type_name("FILE=N")->allow_extra_args(false);
}

void add_arguments(CLI::App& command, const Verb& verb, Options& options, const Speak& help) {
  if (verb.argument) command.add_option(verb.argument, options.name)->required(verb.needed)->type_name("");
  if (verb.work == run_update)
    command.add_option("--on-failure", options.on_failure, help(msg::help_on_failure))
        ->check(CLI::IsMember({"suspend", "rollback"}));
  if (verb.work == run_update || verb.work == run_resume || verb.work == show_plan)
    command.add_option("--deadline", options.deadline, help(msg::help_deadline))->type_name("TIME");
  add_conversion_options(command, verb, options, help);
  if (verb.work == show_check) command.add_flag("--data", options.data, help(msg::help_data));
  if (verb.work == show_check) command.add_flag("--watch", options.watch, help(msg::help_watch));
  if (verb.work == run_resume)
    command.add_option("--with-ptf", options.with_ptf, help(msg::help_with_ptf))->type_name("FILE");
  if (verb.work == run_rollback) command.add_flag("--carry-over", options.carry_over, help(msg::help_carry_over));
  if (verb.work == run_convert)
    command.add_option("--rejects", options.rejects, help(msg::help_rejects))->required()->type_name("FILE");
  if (verb.work == run_uninstall) command.add_flag("--purge", options.purge, help(msg::help_purge));
  if (verb.work == restore_rescued) {
    command.add_option("--to", options.to, help(msg::help_to))->type_name("FILE");
    command.add_option("--run", options.run, help(msg::help_run))->type_name("RUN");
  }
  if (verb.work == prune_backups)
    command.add_option("--keep", options.keep, help(msg::help_keep))->type_name("N")->check(CLI::Range(1, 1000));
  if (verb.work == make_support_bundle) {
    command.add_option("--out", options.out, help(msg::help_out))->type_name("FILE");
    command.add_option("--leave-out", options.left_out, help(msg::help_leave_out))
        ->type_name("PART")
        ->allow_extra_args(false);
  }
  if (verb.work == stop_product || verb.work == end_jobs)
    command.add_option("--wait", options.wait, help(msg::help_wait))->check(CLI::Range(0, 3600));
  if (verb.work == stop_product) command.add_flag("--restart", options.restart, help(msg::help_restart));
  if (verb.work == end_jobs) {
    command.add_flag("--immed", options.immed, help(msg::help_immed));
    command.add_option("PID", options.pids, help(msg::help_pid))->check(CLI::PositiveNumber);
  }
}

void add_verbs(CLI::App& app, Options& options, const Verb*& chosen, const Speak& help) {
  app.require_subcommand(1);
  app.fallthrough();
  // The headings are inherited by nobody, and the option --help of a command comes with the library's own.
  const auto add_command = [&](CLI::App& to, const char* name, Msg text) {
    auto* command = to.add_subcommand(name, help(text));
    command->group(help(msg::help_commands))->fallthrough();
    command->get_help_ptr()->group(help(msg::help_options));
    return command;
  };
  std::map<std::string, CLI::App*> groups{{"", &app},
                                          {"backup", add_command(app, "backup", msg::help_backup)},
                                          {"rescued", add_command(app, "rescued", msg::help_rescued)},
                                          {"ptf", add_command(app, "ptf", msg::help_ptf)}};
  for (const auto& [name, group] : groups) group->require_subcommand(1);
  for (const auto& verb : verbs) {
    auto* command = add_command(*groups.at(verb.group), verb.name, verb.help);
    command->callback([&options, &chosen, &verb] {
      chosen = &verb;
      options.verb = *verb.group ? std::string(verb.group) + " " + verb.name : verb.name;
    });
    add_arguments(*command, verb, options, help);
  }
}

}  // namespace

int run_main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "C.UTF-8");  // libarchive returns no file name with an umlaut in the C locale
  ::umask(022);
  set_up_signals();
  Options options;
  options.language = language_of(argc, argv);
  const Speak help = [&](Msg id) { return text({id, {}}, options.language); };
  CLI::App app(help(msg::help_program), "dfinstall");
  std::string language;
  const Verb* chosen = nullptr;
  add_options(app, options, language, help);
  add_verbs(app, options, chosen, help);
  std::optional<Error> refused;
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    refused = refusal(e);
  }
  if (refused) {
    if (auto unknown = unknown_verb(argc, argv, options.language)) refused = unknown;
    // What was understood before the mistake need not hold --json.
    options.json = std::find(argv, argv + argc, std::string_view("--json")) != argv + argc;
    return finish(options, Json::object(), refused->exit_code(), &*refused);
  }
  options.root = fs::absolute(options.root).lexically_normal();
  if (!options.root.has_filename() && options.root.has_relative_path()) options.root = options.root.parent_path();
  return dispatch(*chosen, options);
}

}  // namespace dfi::cli
