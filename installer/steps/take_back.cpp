// SPDX-License-Identifier: Apache-2.0
// rollback of a done update or first installation, before anything is closed: is the old state still there as it was,
// and would something be lost that the product wrote since its users came back? Then only `--carry-over` goes on.
#include <fmt/core.h>

#include <algorithm>

#include "base/durable.hpp"
#include "messages/check.hpp"
#include "messages/rollback.hpp"
#include "steps/carry_over_support.hpp"
#include "steps/conversion_support.hpp"
#include "steps/identity_support.hpp"
#include "steps/steps.hpp"

namespace dfi::steps::take_back {
namespace {

[[noreturn]] void damaged(const KeptUpdate& update, const fs::path& path) {
  throw Error(
      update.first() ? msg::kept_data_damaged : msg::kept_damaged,
      {{"path", path.string()}, {"run", update.name()}, {"backup", update.backup.empty() ? "?" : update.backup}});
}

void prove_old_state(Run& run, const KeptUpdate& update) {
  for (const auto& file : update.files)
    if (!file.original.is_null() && !is_unchanged(file.original))
      damaged(update, file.original.at("path").get<std::string>());
  if (update.first()) return;
  const auto tree = run.layout().releases() / update.generation;
  if (!fs::exists(tree / generation_file)) damaged(update, tree);
  for (const auto& finding : checks::foreign_objects(run.layout(), Generation::load(tree)))
    if (finding.details.at("state") == "missing")
      damaged(update, tree / finding.details.at("object").get<std::string>());
}

std::uintmax_t size_of(const fs::path& path) {
  std::error_code none;
  const auto size = fs::file_size(path, none);
  return none ? 0 : size;
}

// Beside each file: a copy of its original, and what the conversion makes of that once more.
std::vector<DataFilePlan> needs_of(const Run& run, const KeptUpdate& update) {
  std::vector<DataFilePlan> needs;
  for (const auto& file : update.files) {
    DataFilePlan plan;
    plan.file = {file.name, file.path};
    plan.exists = true;
    plan.steps.push_back({"", file.from, file.to});
    plan.estimate.space = size_of(Layout::original(file.path, update.run)) + 2 * size_of(file.path);
    plan.there = size_of(Layout::shadow(file.path, run.id())) + size_of(baseline_path(run, file));
    needs.push_back(std::move(plan));
  }
  return needs;
}

std::string counts(const Json& written) {
  std::string text;
  for (const auto& file : written) {
    if (!text.empty()) text += "; ";
    text += file.at("file").get<std::string>();
    if (file.at("new") == 0 && file.at("changed") == 0 && file.at("deleted") == 0) continue;
    text += fmt::format(" +{} ~{} -{}", file.at("new").dump(), file.at("changed").dump(), file.at("deleted").dump());
  }
  return text;
}

}  // namespace

void look(Run& run) {
  const auto update = kept_update(run.journal());
  const auto wanted = run.inputs().at("update").get<int>();
  if (!update || update->run != wanted) throw Error(msg::nothing_to_take_back);
  const auto installed = Generation::current(run.layout());
  require(installed.has_value(), "what was updated is installed");
  throw_first_blocker(checks::active(run.layout(), installed->spec(), run.services()));
  prove_old_state(run, *update);
  throw_first_blocker(
      checks::space(checks::space_needs(run.layout(), nullptr, needs_of(run, *update), checks::Saving::nothing)));
}

void compare(Run& run) {
  const auto update = *kept_update(run.journal());
  std::vector<fs::path> swaps;
  Json leaves = Json::array();
  for (const auto& file : update.files) {
    swaps.push_back(file.path);
    if (file.created()) leaves.push_back(file.path.string());
  }
  note_swaps(run, swaps);  // before the first directory is made: a way back reads it
  run.note("leaves", leaves);
  const auto catalogue = installed_catalogue(run);
  Json written = Json::array();
  for (const auto& file : update.files) {
    throw_if_interrupted();
    if (!fs::exists(file.path) || !touched_since_open(run, update, file)) continue;
    run.reporter().item(file.name);
    make_baseline(run, catalogue, update, file);
    const auto carried = compare_with_baseline(run, catalogue, file, {}, [](const Json&) {});
    if (carried.any()) written.push_back(tell_carried(run, file, carried));
  }
  run.note("written_since", written);
  if (!written.empty() && !run.inputs().at("carry_over").get<bool>())
    throw Error(msg::written_after_open, {{"run", update.name()}, {"files", counts(written)}});
}

void forget(Run& run) {
  for (const auto& path : swaps_of(run)) remove_run_directory(path, run);
}

}  // namespace dfi::steps::take_back
