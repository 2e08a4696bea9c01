// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "payloads/faxmail/cli/verbs.hpp"
#include "payloads/faxmail/config/config.hpp"
#include "payloads/faxmail/product/data_file.hpp"

namespace faxmail {
namespace {

struct Check {
  std::string name;
  std::function<void()> run;  // throws
};

void quick_check(const Context& context, const Capability& capability, const std::string& file) {
  auto database = open_data_file(context.layout, capability, file);
  const auto path = context.layout.data_file(file);
  const auto verdict =
      dfi::with_database(path, [&] { return database.execAndGet("PRAGMA quick_check(1)").getString(); });
  if (verdict != "ok") dfi::throw_database_failed(path, verdict.c_str());
}

std::vector<Check> checks(const Context& context, const Capability& capability) {
  std::vector<Check> list;
  for (const char* file : {"FAXKA", "FAXSTAT", "FAXLGO"})
    list.push_back({file, [&, file] { quick_check(context, capability, file); }});
  list.push_back({"FAXDTAARA", [&] { read_area(context.layout, capability); }});
  list.push_back({"FAXMAILC", [&] { Config::read(context.layout, capability); }});
  return list;
}

}  // namespace

int selftest(const Context& context) {
  dfi::Json results = dfi::Json::array();
  bool all = true;
  auto note = [&](const std::string& name, const dfi::Error* error) {
    dfi::Json result{{"name", name}, {"ok", error == nullptr}};
    if (error) result["error"] = error_json(*error, context.texts.language());
    results.push_back(result);
    all = all && !error;
    context.say(error ? "selftest.wrong" : "selftest.right", {{"name", name}});
    if (error) context.line("  " + error_text(*error, context.texts.language()));
  };
  std::string version;
  try {
    const auto capability = Capability::read(context.layout);
    version = capability.name();
    note("capability " + version, nullptr);
    for (const auto& check : checks(context, capability)) {
      try {
        check.run();
        note(check.name, nullptr);
      } catch (const dfi::Error& error) {
        note(check.name, &error);
      }
    }
  } catch (const dfi::Error& error) {
    note("capability", &error);
  }
  context.document("selftest", all ? 0 : 1, {{"version", version}, {"checks", results}});
  return all ? 0 : 1;
}

}  // namespace faxmail
