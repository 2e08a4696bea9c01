// SPDX-License-Identifier: Apache-2.0
// `faxmail trace`: FAXDTAARA position 222 and the files it makes faxmaild write.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/cli/command_line.hpp"
#include "payloads/faxmail/engine/tracer.hpp"
#include "payloads/faxmail/message/address.hpp"
#include "payloads/faxmail/product/data_file.hpp"
#include "payloads/faxmail/product/utc.hpp"
#include "payloads/faxmail/queue/queue.hpp"

namespace faxmail {
namespace {

struct TraceOptions {
  int mails = 0;
  std::int64_t seconds = 0;
  std::string from, name;
};

int switch_on(const Context& context, const TraceOptions& options) {
  const auto capability = Capability::read(context.layout);
  TraceWish wish;
  wish.mails = options.mails;
  if (options.seconds > 0) wish.until = std::time(nullptr) + options.seconds;
  if (!options.from.empty()) wish.from = parse_address(options.from).spec;
  wish.since = dfi::now_utc();
  Queue(context.layout, capability).set_note("trace", wish.to_text());
  set_trace_flag(context.layout, capability, 'M');
  context.document("trace", 0,
                   {{"on", true},
                    {"mails", wish.mails},
                    {"until", wish.until > 0 ? utc_text(wish.until) : ""},
                    {"from", wish.from},
                    {"directory", context.layout.trace_directory().string()}});
  context.say("trace.on", {{"directory", context.layout.trace_directory().string()}});
  return 0;
}

int switch_off(const Context& context) {
  const auto capability = Capability::read(context.layout);
  clear_trace_flag(context.layout, capability);
  Queue(context.layout, capability).set_note("trace", "");
  context.document("trace", 0, {{"on", false}});
  context.say("trace.off");
  return 0;
}

int list(const Context& context) {
  const bool on = trace_flag(context.layout, Capability::read(context.layout)) == 'M';
  dfi::Json names = dfi::Json::array();
  for (const auto& file : trace_files(context.layout.trace_directory())) {
    names.push_back(file.filename().string());
    context.line(file.filename().string());
  }
  context.document("trace", 0,
                   {{"on", on}, {"directory", context.layout.trace_directory().string()}, {"files", names}});
  context.say(on ? "trace.state_on" : "trace.state_off", {{"count", std::to_string(names.size())}});
  return 0;
}

fs::path file_named(const Context& context, const std::string& name) {
  const auto files = trace_files(context.layout.trace_directory());
  for (const auto& file : files)
    if (file.filename() == name || (name.empty() && &file == &files.front())) return file;
  throw dfi::Error(dfi::msg::mail_trace_unknown, {{"name", name.empty() ? "-" : name}});
}

int show(const Context& context, const std::string& name) {
  const auto file = file_named(context, name);
  const auto text = dfi::read_file(file);
  context.document("trace", 0, {{"name", file.filename().string()}, {"text", text}});
  context.line(text);
  return 0;
}

int remove(const Context& context, const std::string& name) {
  const auto file = file_named(context, name);
  fs::remove(file);
  context.document("trace", 0, {{"deleted", file.filename().string()}});
  return 0;
}

}  // namespace

void add_trace(CLI::App& app, const Texts& texts, Action& action) {
  auto options = std::make_shared<TraceOptions>();
  auto* verb = add_group(app, "trace", texts("help.trace"), action, list);
  auto* on = add_verb(*verb, "on", texts("help.trace_on"), action,
                      [options](const Context& c) { return switch_on(c, *options); });
  on->add_option("--mails", options->mails, texts("help.trace_mails"))->type_name("N")->check(CLI::Range(1, 100000));
  on->add_option("--for", options->seconds, texts("help.trace_for"))
      ->type_name("TIME")
      ->transform(
          CLI::AsNumberWithUnit(std::map<std::string, std::int64_t>{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}));
  on->add_option("--from", options->from, texts("help.trace_from"))->type_name("ADDRESS");
  add_verb(*verb, "off", texts("help.trace_off"), action, switch_off);
  add_verb(*verb, "list", texts("help.trace_list"), action, list);
  auto* shown = add_verb(*verb, "show", texts("help.trace_show"), action,
                         [options](const Context& c) { return show(c, options->name); });
  shown->add_option("NAME", options->name, texts("help.trace_name"));
  auto* removal = add_verb(*verb, "delete", texts("help.trace_delete"), action,
                           [options](const Context& c) { return remove(c, options->name); });
  removal->add_option("NAME", options->name, texts("help.trace_name"))->required();
}

}  // namespace faxmail
