// SPDX-License-Identifier: Apache-2.0
#include "cli/preview.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include "cli/terminal_reporter.hpp"
#include "core/release.hpp"
#include "core/repository.hpp"
#include "messages/cli.hpp"
#include "messages/run.hpp"

namespace dfi::cli {
namespace {

Json dependents_of(const DataFilePlan& file) {
  Json list = Json::array();
  for (const auto& dependent : file.dependents) list.push_back({{"type", dependent.type}, {"name", dependent.name}});
  return list;
}

}  // namespace

UnpackedDefinitions::UnpackedDefinitions(Context& context, const Layout& layout)
    : directory_(layout.state() / "staging" / ("preview-" + std::to_string(::getpid()))) {
  auto config = HostConfig::load(layout.root());
  auto keys = TrustedKeys::load(Layout::keys(layout.root()));
  auto options = download_options(config);
  TerminalReporter reporter(context.options.language, context.options.json);
  options.progress = [&](std::uint64_t done, std::uint64_t total) { reporter.progress(done, total); };
  auto release =
      Release::open(receive_release(layout, context.options.name, config, options, keys), keys, layout.product());
  release.verify(nullptr);
  target_ = release.save_file(product_save_file).manifest();
  make_state_directory(layout);
  durable::make_directories(directory_, 0700);
  release.save_file(formats_save_file).unpack(directory_);
}

UnpackedDefinitions::~UnpackedDefinitions() {
  std::error_code left_for_the_next_run;
  fs::remove_all(directory_, left_for_the_next_run);
}

std::vector<DataFilePlan> plan_or_explain(const Layout& layout, const Manifest& target, const fs::path& definitions,
                                          const ConversionChoices& choices) {
  const auto installed = Generation::current(layout);
  try {
    return plan_data_files(layout, target, migrations::Catalogue::load(definitions), installed, choices);
  } catch (...) {
    throw_first_blocker(checks::version_path(installed, target));
    if (installed)
      throw_first_blocker(checks::active(layout, installed->spec(), *service_manager(layout.root(), layout.state())));
    throw;
  }
}

Preview preview_release(Context& context, const Layout& layout) {
  const UnpackedDefinitions unpacked(context, layout);
  const auto choices = context.choices();
  return {unpacked.target(), plan_or_explain(layout, unpacked.target(), unpacked.directory(), choices), choices};
}

Json file_json(const DataFilePlan& file) {
  Json steps = Json::array();
  for (const auto& step : file.steps) steps.push_back(step.conversion);
  return {{"file", file.target.name},
          {"from", file.exists ? Json(file.level) : Json(nullptr)},
          {"to", file.target.level},
          {"conversions", steps},
          {"path", route_text(file.route)},
          {"kinds", route_kinds(file.route)},
          {"bytes", file.bytes},
          {"records", file.estimate.records},
          {"bytes_after", file.estimate.bytes_out},
          {"space", file.in_place ? 0 : file.estimate.space},
          {"exact", file.estimate.exact},
          {"rehearsed", file.rehearsed},
          {"in_place", file.in_place.has_value()},
          {"dependents", dependents_of(file)}};
}

void show_file(Context& context, const DataFilePlan& file, const Prediction& prediction) {
  Args args{{"file", file.target.name},
            {"from", std::to_string(file.level)},
            {"to", std::to_string(file.target.level)},
            {"bytes", std::to_string(file.bytes)}};
  if (!file.converts())
    return context.line("  " + context.say(file.exists ? msg::plan_file_same : msg::plan_file_new, args));
  const auto seconds = prediction.conversions.find(file.target.name);
  const std::string about = file.estimate.exact ? "" : "~";
  args.push_back({"conversions", route_text(file.route)});
  args.push_back({"records", std::to_string(file.estimate.records)});
  args.push_back({"after", about + std::to_string(file.estimate.bytes_out)});
  args.push_back({"space", file.in_place ? "0" : about + std::to_string(file.estimate.space)});
  args.push_back({"seconds", fmt::format("{:.1f}", seconds == prediction.conversions.end() ? 0.0 : seconds->second)});
  args.push_back({"dependents", std::to_string(file.dependents.size())});
  context.line("  " + context.say(msg::plan_file, args));
}

Findings all_findings(const Layout& layout, const std::optional<Generation>& installed, const Preview* preview) {
  Findings findings;
  auto add = [&](const Findings& more) { findings.insert(findings.end(), more.begin(), more.end()); };
  if (auto journal = Journal::open(layout.journal(), false))
    if (auto run = journal->unfinished())
      add({{Severity::blocker, {msg::run_unfinished, {{"run", run->name()}, {"since", run->started}}}}});
  if (preview) add(checks::version_path(installed, preview->target));
  add(checks::space(
      preview ? checks::space_needs(layout, &preview->target, preview->files, checks::Saving::backup_and_drill)
              : checks::space_needs(layout, nullptr, {})));
  auto manager = service_manager(layout.root(), layout.state());
  if (installed)
    add(checks::active(layout, installed->spec(), *manager));
  else if (preview)
    add(checks::active(layout, *preview->target.spec, *manager));
  if (preview) {
    add(checks::dependents(preview->files, preview->choices));
  } else if (installed && fs::exists(layout.definitions())) {
    auto files = plan_data_files(layout, installed->manifest,
                                 migrations::Catalogue::load(layout.definitions(), migrations::Proof::done), installed);
    add(checks::dependents(files));
  }
  if (installed) add(checks::foreign_objects(layout, *installed));
  return findings;
}

}  // namespace dfi::cli
