// SPDX-License-Identifier: Apache-2.0
// The command tree: one row per verb. Parsing is CLI11's, texts of errors are ours.
#include <CLI/CLI.hpp>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <clocale>
#include <iostream>
#include <map>

#include "cli/context.hpp"
#include "core/run.hpp"
#include "messages/cli.hpp"
#include "messages/general.hpp"

namespace dfi::cli {
namespace {

struct Verb {
  const char* group;  // "ptf", or empty
  const char* name;
  const char* help;
  int (*work)(Context&);
  const char* argument;  // of options.name; null = none
  bool needed;
};

constexpr Verb verbs[] = {
    {"", "status", "versions of product and data, PTFs, unfinished run, services", show_status, nullptr, false},
    {"", "check", "every precondition, with holders and the way out; changes nothing", show_check, "RELEASE", false},
    {"", "plan", "what update would do: steps, conversions, space, downtime", show_plan, "RELEASE", false},
    {"", "update", "install or update: file, directory, URL, version; none = newest of the repository", run_update, "RELEASE", false},
    {"", "resume", "continue the unfinished run where it stopped", run_resume, nullptr, false},
    {"", "rollback", "take the unfinished run back", run_rollback, nullptr, false},
    {"", "locks", "who holds the product or a data file", show_locks, "FILE", false},
    {"", "start", "start the product's services", start_product, nullptr, false},
    {"", "stop", "stop the product's services", stop_product, nullptr, false},
    {"", "history", "all runs", show_history, nullptr, false},
    {"", "joblog", "everything a run said; none = the last run", show_job_log, "RUN", false},
    {"backup", "create", "save product and data, read back and compare", run_backup_create, nullptr, false},
    {"backup", "list", "complete backups, newest first", list_backups, nullptr, false},
    {"backup", "verify", "read a backup wholly and compare it", verify_backup, "BACKUP", false},
    {"backup", "restore", "bring product and data back from a backup", run_backup_restore, "BACKUP", false},
    {"ptf", "list", "PTFs applied to the installed release", list_ptfs, nullptr, false},
    {"ptf", "show", "objects and prerequisites of a PTF", show_ptf, "PTF", true},
    {"ptf", "apply", "apply a PTF: name, id or file", run_ptf_apply, "PTF", true},
    {"ptf", "remove", "restore the objects which a PTF replaced", run_ptf_remove, "PTF", true},
};

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

void add_options(CLI::App& app, Options& options, std::string& language) {
  app.add_option("--root", options.root, "everything below this directory (default /)")->type_name("DIR");
  app.add_option("--product", options.product, "the product, if the host has several")->type_name("NAME");
  app.add_flag("--json", options.json, "one JSON document on stdout");
  app.add_flag("--yes", options.yes, "take every question as answered with yes (nothing is asked without a terminal)");
  app.add_option("--lang", language, "de or en")->type_name("LANGUAGE");
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

int finish(Context& context, int exit, const Error* error) {
  if (error && !context.options.json) print_error(*error, context.options.language);
  if (context.options.json) {
    Json document{{"schema", "dfinstall/1"}, {"verb", context.options.verb}, {"ok", exit == 0}, {"exit", exit}};
    if (error) document["error"] = error_json(*error, context.options.language);
    document.update(context.result);
    std::cout << document.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  std::cout.flush();
  return exit;
}

int dispatch(const Verb& verb, const Options& options) {
  Context context(options);
  try {
    return finish(context, verb.work(context), nullptr);
  } catch (const Error& e) {
    return finish(context, e.exit_code(), &e);
  } catch (const std::exception& e) {
    Error internal(msg::internal_error, {{"what", e.what()}});
    return finish(context, internal.exit_code(), &internal);
  }
}

void add_arguments(CLI::App& command, const Verb& verb, Options& options) {
  if (verb.argument) command.add_option(verb.argument, options.name, verb.argument)->required(verb.needed);
  if (verb.work == run_update)
    command.add_option("--on-failure", options.on_failure, "suspend (default) or rollback")
        ->check(CLI::IsMember({"suspend", "rollback"}));
  if (verb.work == stop_product) {
    command.add_option("--wait", options.wait, "seconds to wait for work in transfer")->check(CLI::Range(0, 3600));
    command.add_flag("--restart", options.restart, "start again afterwards");
  }
}

void add_verbs(CLI::App& app, Options& options, const Verb*& chosen) {
  app.require_subcommand(1);
  app.fallthrough();
  std::map<std::string, CLI::App*> groups{
      {"", &app},
      {"backup", app.add_subcommand("backup", "backup create|list|verify|restore")},
      {"ptf", app.add_subcommand("ptf", "ptf list|show|apply|remove")}};
  for (auto& [name, group] : groups) group->require_subcommand(1)->fallthrough();
  for (const auto& verb : verbs) {
    auto* command = groups.at(verb.group)->add_subcommand(verb.name, verb.help);
    command->fallthrough();
    command->callback([&options, &chosen, &verb] {
      chosen = &verb;
      options.verb = *verb.group ? std::string(verb.group) + " " + verb.name : verb.name;
    });
    add_arguments(*command, verb, options);
  }
}

}  // namespace

int run_main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "C.UTF-8");  // libarchive returns no file name with an umlaut in the C locale
  ::umask(022);
  set_up_signals();
  CLI::App app("dfinstall: installs, updates, patches and repairs on-premise products", "dfinstall");
  app.set_version_flag("--version", DFI_VERSION);
  Options options;
  std::string language;
  const Verb* chosen = nullptr;
  add_options(app, options, language);
  add_verbs(app, options, chosen);
  std::optional<Error> refused;
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    refused = Error(msg::usage, {{"what", e.what()}});
  }
  options.language = parse_language(language).value_or(language_from_environment());
  if (refused) {
    if (auto unknown = unknown_verb(argc, argv, options.language)) refused = unknown;
    print_error(*refused, options.language);
    return refused->exit_code();
  }
  options.root = fs::absolute(options.root).lexically_normal();
  if (!options.root.has_filename() && options.root.has_relative_path()) options.root = options.root.parent_path();
  return dispatch(*chosen, options);
}

}  // namespace dfi::cli
