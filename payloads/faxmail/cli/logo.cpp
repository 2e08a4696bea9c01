// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "base/gate.hpp"
#include "payloads/faxmail/cli/command_line.hpp"
#include "payloads/faxmail/message/logos.hpp"

namespace faxmail {
namespace {

struct LogoOptions {
  std::string name, file;
};

dfi::Json to_json(const LogoEntry& logo) { return {{"name", logo.name}, {"format", logo.format}, {"size", logo.size}}; }

void show(const Context& context, const LogoEntry& logo) {
  context.line(fmt::format("{:<24} {:<5} {:>8}", logo.name, logo.format, logo.size));
}

int list(const Context& context) {
  const auto logos = Logos(context.layout, Capability::read(context.layout)).list();
  dfi::Json json = dfi::Json::array();
  for (const auto& logo : logos) json.push_back(to_json(logo));
  context.document("logo", 0, {{"logos", json}});
  if (!logos.empty()) context.say("logo.head");
  for (const auto& logo : logos) show(context, logo);
  context.say("logo.count", {{"count", std::to_string(logos.size())}});
  return 0;
}

int set(const Context& context, const LogoOptions& options) {
  const auto pass = dfi::gate::Pass::enter(context.layout.data(), false);
  const auto logo = Logos(context.layout, Capability::read(context.layout)).set(options.name, options.file);
  context.document("logo", 0, {{"logos", dfi::Json::array({to_json(logo)})}});
  show(context, logo);
  return 0;
}

int remove(const Context& context, const LogoOptions& options) {
  const auto pass = dfi::gate::Pass::enter(context.layout.data(), false);
  Logos(context.layout, Capability::read(context.layout)).remove(options.name);
  context.document("logo", 0, {{"deleted", options.name}});
  context.say("logo.deleted", {{"name", options.name}});
  return 0;
}

}  // namespace

void add_logo(CLI::App& app, const Texts& texts, Action& action) {
  auto options = std::make_shared<LogoOptions>();
  auto* verb = add_group(app, "logo", texts("help.logo"), action, list);
  add_verb(*verb, "list", texts("help.logo_list"), action, list);
  auto* setting = add_verb(*verb, "set", texts("help.logo_set"), action,
                           [options](const Context& context) { return set(context, *options); });
  setting->add_option("NAME", options->name, texts("help.logo_name"))->required();
  setting->add_option("FILE", options->file, texts("help.logo_file"))->required();
  auto* deleting = add_verb(*verb, "delete", texts("help.logo_delete"), action,
                            [options](const Context& context) { return remove(context, *options); });
  deleting->add_option("NAME", options->name, texts("help.logo_name"))->required();
}

}  // namespace faxmail
