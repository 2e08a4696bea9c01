// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/cli/app.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>

#include "messages/general.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/cli/command_line.hpp"
#include "payloads/faxmail/cli/verbs.hpp"
#include "payloads/faxmail/config/secret.hpp"
#include "payloads/faxmail/engine/daemon.hpp"

namespace faxmail {
namespace {

struct Common {
  std::string root = "/", language;
  bool json = false, as_sendmail = false;
};

/// Called as sendmail (by a link of this name): the verb is not named.
std::vector<char*> completed(int argc, char** argv) {
  static char verb[] = "sendmail";
  std::vector<char*> words(argv, argv + argc);
  if (argc > 0 && fs::path(argv[0]).filename() == verb) words.insert(words.begin() + 1, verb);
  return words;
}

/// The options that decide in which words the others are explained, read ahead of the real parser.
Common look_ahead(int argc, char** argv) {
  Common common;
  auto value = [&](int i, const std::string& name) -> const char* {
    const std::string word = argv[i];
    if (word == name && i + 1 < argc) return argv[i + 1];
    return word.rfind(name + "=", 0) == 0 ? argv[i] + name.size() + 1 : nullptr;
  };
  for (int i = 1; i < argc; ++i) {
    if (const char* root = value(i, "--root")) common.root = root;
    if (const char* language = value(i, "--lang")) common.language = language;
    if (std::string(argv[i]) == "--json") common.json = true;
    if (std::string(argv[i]) == "sendmail") common.as_sendmail = true;
  }
  return common;
}

dfi::Language language_of(const Common& common) {
  return dfi::parse_language(common.language).value_or(dfi::language_from_environment());
}

void add_common(CLI::App& app, Common& common, const Texts& texts) {
  app.set_help_flag("-h,--help", texts("help.help"));
  app.set_version_flag("--version", std::string(DFI_VERSION), texts("help.version"));
  app.add_option("--root", common.root, texts("help.root"))->type_name("DIR");
  app.add_option("--lang", common.language, texts("help.lang"))->type_name("de|en");
}

/// Callers of sendmail know the codes of sysexits.h only. What is not the caller's fault may be gone the next time.
int sysexit(int code) {
  constexpr int usage = 64, configuration = 78, try_again = 75;
  return code >= usage && code <= configuration ? code : try_again;
}

/// The only place where an error becomes text and a number.
int report(const dfi::Error& error, const Common& common) {
  const auto language = language_of(common);
  if (common.json) {
    const dfi::Json document{
        {"schema", "faxmail/1"}, {"ok", false}, {"exit", error.exit_code()}, {"error", error_json(error, language)}};
    std::cout << document.dump(2, ' ', false, dfi::Json::error_handler_t::replace) << '\n';
  } else {
    std::cerr << error_text(error, language);
  }
  return common.as_sendmail ? sysexit(error.exit_code()) : error.exit_code();
}

int guarded(const Common& common, const std::function<int()>& work) {
  try {
    return work();
  } catch (const dfi::Error& error) {
    return report(error, common);
  } catch (const std::exception& error) {
    return report(dfi::Error(dfi::msg::internal_error, {{"what", error.what()}}), common);
  }
}

/// Nothing = go on; else the exit code (of --help, of a mistake).
std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    throw dfi::Error(dfi::msg::mail_usage, {{"what", error.what()}});
  }
}

}  // namespace

int run_faxmail(int argc, char** argv) {
  forbid_core_dumps();
  auto words = completed(argc, argv);
  const int count = static_cast<int>(words.size());
  auto common = look_ahead(count, words.data());
  return guarded(common, [&] {
    const auto texts = Texts::load(Layout{common.root}, language_of(common));
    CLI::App app(texts("help.faxmail"), "faxmail");
    add_common(app, common, texts);
    app.add_flag("--json", common.json, texts("help.json"));
    app.require_subcommand(1);
    Action action;
    add_send(app, texts, action);
    add_sendmail(app, texts, action);
    add_logo(app, texts, action);
    add_queue(app, texts, action);
    add_config(app, texts, action);
    add_control(app, texts, action);
    add_doctor(app, texts, action);
    add_trace(app, texts, action);
    add_support(app, texts, action);
    add_verb(app, "status", texts("help.status"), action, status);
    add_verb(app, "selftest", texts("help.selftest"), action, selftest);
    if (const auto code = parse(app, count, words.data())) return *code;
    return action(Context{Layout{common.root}, texts, common.json, std::cout});
  });
}

int run_faxmaild(int argc, char** argv) {
  forbid_core_dumps();
  auto common = look_ahead(argc, argv);
  return guarded(common, [&] {
    auto texts = Texts::load(Layout{common.root}, language_of(common));
    CLI::App app(texts("help.faxmaild"), "faxmaild");
    add_common(app, common, texts);
    if (const auto code = parse(app, argc, argv)) return *code;
    run_daemon(Layout{common.root}, Log(std::move(texts), standard_output()));
    return 0;
  });
}

}  // namespace faxmail
