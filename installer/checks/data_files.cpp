// SPDX-License-Identifier: Apache-2.0
// What becomes of each data file on the way to a release, and what the operator may say about it.
#include "base/error.hpp"
#include "base/file.hpp"
#include "checks/checks.hpp"
#include "core/journal.hpp"
#include "messages/conversion.hpp"
#include "messages/rehearse.hpp"

namespace dfi {
namespace {

std::optional<int> told_level(const std::string& file, const std::optional<Generation>& installed,
                              const ConversionChoices& choices) {
  if (auto said = choices.levels.find(file); said != choices.levels.end()) return said->second;
  if (installed)
    for (const auto& spec : installed->spec().data_files)
      if (spec.name == file) return spec.level;
  return std::nullopt;
}

void refuse_unknown_files(const ProductSpec& spec, const ConversionChoices& choices) {
  for (const auto& [name, level] : choices.levels) {
    bool known = false;
    for (const auto& file : spec.data_files) known = known || file.name == name;
    if (!known) throw Error(msg::level_file_unknown, {{"file", name}, {"level", std::to_string(level)}});
  }
}

// Not to be made anew: somebody removed it, or its file system is not mounted.
void refuse_missing(const DataFileSpec& spec, const fs::path& path, const std::optional<Generation>& installed) {
  if (!installed) return;
  for (const auto& file : installed->spec().data_files)
    if (file.name == spec.name && file.path == spec.path)
      throw Error(msg::data_file_missing, {{"file", spec.name}, {"path", path.string()}});
}

}  // namespace

migrations::Policy ConversionChoices::policy() const {
  migrations::Policy policy;
  if (!on_error.empty())
    policy.on_error = on_error == "reject" ? migrations::OnError::reject : migrations::OnError::abort;
  if (!max_rejects.empty()) policy.max_rejects = migrations::parse_reject_limit(max_rejects);
  if (dependents == "abort") policy.dependents = migrations::Dependents::abort;
  if (dependents == "save-only") policy.dependents = migrations::Dependents::save_only;
  return policy;
}

Json ConversionChoices::to_json() const {
  Json json = Json::object();
  if (!dependents.empty()) json["dependents"] = dependents;
  if (!on_error.empty()) json["on_error"] = on_error;
  if (!max_rejects.empty()) json["max_rejects"] = max_rejects;
  if (!fuse) json["fuse"] = false;
  if (!levels.empty()) json["levels"] = levels;
  return json;
}

ConversionChoices ConversionChoices::from_json(const Json& json) {
  ConversionChoices choices;
  choices.dependents = json.value("dependents", "");
  choices.on_error = json.value("on_error", "");
  choices.max_rejects = json.value("max_rejects", "");
  choices.fuse = json.value("fuse", true);
  choices.levels = json.value("levels", std::map<std::string, int>{});
  return choices;
}

ConversionChoices ConversionChoices::of_run(const Json& inputs, const std::optional<Json>& later, const Json& said) {
  auto json = inputs.value("conversion", Json::object());
  if (later) json.update(*later, true);
  json.update(said, true);
  return from_json(json);
}

migrations::DataFile to_engine(const Layout& layout, const DataFileSpec& file) {
  return {file.name, data_path(layout, file)};
}

std::vector<DataFilePlan> plan_data_files(const Layout& layout, const Manifest& target,
                                          const migrations::Catalogue& catalogue,
                                          const std::optional<Generation>& installed,
                                          const ConversionChoices& choices) {
  std::vector<DataFilePlan> plans;
  require(target.spec.has_value(), "a product manifest has a product_spec");
  refuse_unknown_files(*target.spec, choices);
  const auto journal = Journal::open(layout.journal(), false);
  for (const auto& spec : target.spec->data_files) {
    DataFilePlan plan;
    plan.target = spec;
    plan.file = to_engine(layout, spec);
    refuse_foreign_links(layout.root(), layout.root() / spec.path);
    plan.exists = fs::exists(plan.file.path);
    if (!plan.exists) refuse_missing(spec, plan.file.path, installed);
    if (plan.exists) {
      plan.bytes = fs::file_size(plan.file.path);
      plan.level = catalogue.level_of(plan.file, told_level(spec.name, installed, choices));
      plan.route = catalogue.route(plan.file, plan.level, spec.level, choices.fuse);
      plan.steps = migrations::steps_of(plan.route);
      plan.dependents = catalogue.dependents(plan.file, plan.level);
      plan.in_place = catalogue.in_place(plan.route);
      if (!plan.steps.empty()) plan.estimate = catalogue.estimate(plan.file, plan.level, plan.route);
      if (journal) use_rehearsal(*journal, catalogue, plan);
    }
    plans.push_back(std::move(plan));
  }
  return plans;
}

std::string route_text(const migrations::Route& route) {
  std::string text;
  for (const auto& pass : route) {
    std::string names;
    for (const auto& step : pass.steps) names += (names.empty() ? "" : "+") + step.conversion;
    text += (text.empty() ? "" : ", ") + names;
  }
  return text;
}

std::string route_kinds(const migrations::Route& route) {
  std::string text;
  for (const auto& pass : route) text += (text.empty() ? "" : "+") + std::string(migrations::pass_name(pass.kind));
  return text;
}

}  // namespace dfi
