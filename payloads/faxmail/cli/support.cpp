// SPDX-License-Identifier: Apache-2.0
// `faxmail support`: what the hotline needs, in one file: last results, doctor, traces, configuration, versions, the
// engine's state. Secrets are masked where a dialogue is recorded; here every part goes once more through a redactor
// that knows the secrets of this host by value, and commands that print secrets are left out.
#include <fmt/core.h>
#include <sys/utsname.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/archive.hpp"
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/gate.hpp"
#include "base/redactor.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/cli/command_line.hpp"
#include "payloads/faxmail/cli/doctor.hpp"
#include "payloads/faxmail/config/accounts.hpp"
#include "payloads/faxmail/config/secret_source.hpp"
#include "payloads/faxmail/engine/owner.hpp"
#include "payloads/faxmail/engine/tracer.hpp"
#include "payloads/faxmail/product/utc.hpp"
#include "payloads/faxmail/queue/queue.hpp"
#include "payloads/faxmail/queue/results.hpp"

namespace faxmail {
namespace {

constexpr int shown_results = 20;
constexpr std::size_t packed_traces = 20;

struct SupportOptions {
  std::string file;
  bool offline = false;
};

/// A part that cannot be made is one more thing to tell, no reason to tell nothing.
template <class Work>
std::string or_error(const Context& context, Work work) {
  try {
    return work();
  } catch (const dfi::Error& error) {
    return error_text(error, context.texts.language());
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::string versions(const Context& context) {
  utsname host{};
  ::uname(&host);
  const auto gate = dfi::gate::read(context.layout.data());
  return fmt::format("faxmail {}\nrelease {}\ntime {}\nhost {} {} {}\nengine {}\ngate {}\n", DFI_VERSION,
                     or_error(context, [&] { return Capability::read(context.layout).name(); }), dfi::now_utc(),
                     host.sysname, host.release, host.machine, queue_owner(context.layout.data()).value_or("-"),
                     gate ? gate->run : "open");
}

/// Only what is certainly no secret: the values of known keys, but no command (its arguments may be one) and no
/// comment. A file that cannot be parsed is not shown: nobody can tell where in it a secret begins.
std::string configuration(const Context& context, Redactor& redactor) {
  const auto known = [](const std::string& name) {
    return name == "format_level" || name == "senders" || find_key(newest_config_level, name) ||
           find_key(newest_config_level - 1, name) || find_key(newest_config_level - 2, name);
  };
  const auto file = context.layout.config_file();
  const auto text = dfi::redacted_toml(redactor, file.filename().string(), dfi::read_file(file), known);
  const auto wrong = or_error(context, [&] {
    Config::read(context.layout, Capability::read(context.layout)).require_complete();
    return std::string();
  });
  return text + (wrong.empty() ? "" : "\n" + wrong);
}

/// Whatever kept a secret in spite of all care loses it here. One that cannot be read hides no other.
Redactor secrets_of(const Context& context) {
  Redactor redactor;
  const auto add = [&](const SecretSource& source) {
    or_error(context, [&] {
      if (!source.empty()) redactor.add(source.line().value());
      return std::string();
    });
  };
  or_error(context, [&] {
    const auto config = Config::read(context.layout, Capability::read(context.layout));
    for (const auto& account : account_configs(config)) {
      add(SecretSource::of(account, "password"));
      add(SecretSource::of(account, "oauth_client_secret"));
    }
    return std::string();
  });
  return redactor;
}

std::string queue_state(const Context& context) {
  Queue queue(context.layout, Capability::read(context.layout));
  std::string text;
  for (const auto& [status, count] : queue.counts()) text += fmt::format("{:<8} {}\n", status, count);
  text += '\n';
  for (const auto& [key, value] : queue.notes()) text += fmt::format("{}: {}\n", key, value);
  return text;
}

std::string last_results(const Context& context) {
  const auto capability = Capability::read(context.layout);
  Results results(context.layout, capability);
  std::string text;
  for (const auto& row : results.last(shown_results))
    text += fmt::format("mail {}  {}  {:<5}  {:>3}  {}  {}\n", row.mail, row.time, row.code, row.smtp, row.recipient,
                        row.text);
  return text;
}

std::string examination(const Context& context) {
  const auto capability = Capability::read(context.layout);
  const auto config = Config::read(context.layout, capability);
  std::string text;
  const auto account = account_named(config, capability, {});
  ExaminationWish wish;
  wish.sender = sender_to_try(config, account, {});
  const auto result = examine(account, wish, Rules::load(context.layout), context.texts.language());
  for (const auto& step : result.steps)
    text += fmt::format("{:<4} {:<10} {:>6} ms  {}\n", step.well ? "ok" : "FAIL", step.name, step.milliseconds,
                        step.detail);
  if (result.advice) text += "\n" + result.advice->id + ": " + result.advice->text + "\n";
  return text + "\n" + result.dialogue.text();
}

int support(const Context& context, const SupportOptions& options) {
  const auto stamp = compact_utc(dfi::now_utc().substr(0, 19));
  const fs::path path = options.file.empty() ? "faxmail-support-" + stamp + ".zip" : options.file;
  std::vector<std::string> names;
  // It names senders and recipients: nobody else's business.
  dfi::ZipWriter zip(path, 0600);
  auto redactor = secrets_of(context);
  auto add = [&](const std::string& name, const std::string& text) {
    names.push_back(name);
    zip.add(name, or_error(context, [&] { return redactor.clean(name, text); }));
  };
  add("versions.txt", versions(context));
  add("faxmail.toml", or_error(context, [&] { return configuration(context, redactor); }));
  add("queue.txt", or_error(context, [&] { return queue_state(context); }));
  add("results.txt", or_error(context, [&] { return last_results(context); }));
  if (!options.offline) add("doctor.txt", or_error(context, [&] { return examination(context); }));
  auto traces = trace_files(context.layout.trace_directory());
  traces.resize(std::min(traces.size(), packed_traces));
  for (const auto& file : traces)
    add("trace-" + file.filename().string(), or_error(context, [&] { return dfi::read_file(file); }));
  add("masked.txt", dfi::masked_text(redactor.masked()));
  zip.commit();
  context.document("support", 0,
                   {{"file", path.string()}, {"parts", names}, {"masked", dfi::masked_json(redactor.masked())}});
  context.say("support.written", {{"file", path.string()}, {"count", std::to_string(names.size())}});
  return 0;
}

}  // namespace

void add_support(CLI::App& app, const Texts& texts, Action& action) {
  auto options = std::make_shared<SupportOptions>();
  auto* verb = add_verb(app, "support", texts("help.support"), action,
                        [options](const Context& c) { return support(c, *options); });
  verb->add_option("FILE", options->file, texts("help.support_file"));
  verb->add_flag("--offline", options->offline, texts("help.offline"));
}

}  // namespace faxmail
