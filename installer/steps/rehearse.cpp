// SPDX-License-Identifier: Apache-2.0
// rehearse: the real conversions with the real definitions on private copies, one file after the other, while the
// product runs. What it took and what is bad is kept with the run; `update` compares.
#include "messages/rehearse.hpp"

#include <fmt/core.h>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "steps/conversion_support.hpp"
#include "steps/steps.hpp"

namespace dfi::steps::rehearse {
namespace {

// Of each file. Every one of them is told by check --data; the journal must not grow with what is bad.
constexpr std::size_t most_refusals_kept = 100, most_refusals_told = 20;

std::vector<DataFilePlan> to_convert(const Run& run, const migrations::Catalogue& catalogue) {
  std::vector<DataFilePlan> files;
  for (auto& plan : planned_files(run, catalogue))
    if (plan.converts()) files.push_back(std::move(plan));
  return files;
}

Json dependents_of(const DataFilePlan& plan) {
  Json list = Json::array();
  for (const auto& dependent : plan.dependents) list.push_back(dependent.type + " " + dependent.name);
  return list;
}

void rehearse_file(Run& run, const migrations::Catalogue& catalogue, const DataFilePlan& plan) {
  const auto& name = plan.target.name;
  const auto directory = run.layout().rehearsal(run.id()) / name;
  durable::remove_tree(directory);
  durable::make_directories(directory, 0700);
  Json first = Json::array();
  const TrialListener listener{[&](std::uint64_t done, std::uint64_t total) {
                                 throw_if_interrupted();
                                 run.reporter().progress(done, total);
                               },
                               [&](const migrations::Refusal& refusal) {
                                 if (first.size() < most_refusals_told)
                                   for (auto& line : lines_of(refusal)) run.warn(line.id, std::move(line.args));
                                 if (first.size() < most_refusals_kept)
                                   first.push_back(to_json(refusal, Language::english));
                               }};
  const auto trial = try_conversion(catalogue, plan, directory, choices_of(run).policy(), listener);
  durable::remove_tree(directory);
  if (const auto all = trial.found.total() - trial.found.files; all > most_refusals_told)
    run.warn(msg::more_found, {{"file", name}, {"count", std::to_string(all - most_refusals_told)}});
  auto facts = trial.to_json(Language::english);
  facts["refusals"] = first;
  facts["dependents"] = dependents_of(plan);
  run.note("trial " + name, facts);
  if (!trial.error) run.note("rate " + name + "/" + trial.kinds, {{"bytes", trial.bytes}, {"seconds", trial.seconds}});
  run.say(msg::trial_file, trial_args(trial));
  if (trial.error) run.warn(trial.error->message().id, trial.error->message().args);
}

void conclude(Run& run, const std::vector<DataFilePlan>& files) {
  const auto prediction = predict_downtime(run.layout(), files);
  Json list = Json::array();
  Found found;
  double converting = 0;
  for (const auto& plan : files) {
    const auto facts = *run.note("trial " + plan.target.name);
    found.add(Found::from_json(facts.at("found")));
    if (!plan.in_place) converting += facts.at("seconds").get<double>();
    list.push_back(facts);
  }
  const auto seconds = prediction.backup + prediction.drill + converting + prediction.restart;
  run.note("rehearsal", {{"at", now_utc()},
                         {"version", run.note_text("target")},
                         {"seconds", seconds},
                         {"backup", prediction.backup},
                         {"drill", prediction.drill},
                         {"conversions", converting},
                         {"restart", prediction.restart},
                         {"bad", found.total()},
                         {"found", found.to_json()},
                         {"files", list}});
  run.say(msg::rehearsed, {{"version", run.note_text("target")},
                           {"seconds", fmt::format("{:.1f}", seconds)},
                           {"backup", fmt::format("{:.1f}", prediction.backup)},
                           {"drill", fmt::format("{:.1f}", prediction.drill)},
                           {"conversions", fmt::format("{:.1f}", converting)},
                           {"restart", fmt::format("{:.1f}", prediction.restart)},
                           {"bad", std::to_string(found.total())}});
}

}  // namespace

void unpack(Run& run) {
  durable::remove_tree(run.layout().staging(run.id()));
  unpack_definitions(run, release_of(run));
}

void check(Run& run) {
  throw_first_blocker(checks::version_path(Generation::current(run.layout()), target_manifest(run)));
  const auto files = to_convert(run, catalogue_of(run));
  throw_first_blocker(checks::space(checks::trial_space_needs(run.layout().rehearsal(run.id()), files)));
}

void apply(Run& run) {
  const auto catalogue = catalogue_of(run);
  const auto files = to_convert(run, catalogue);
  std::vector<std::string> items;
  for (const auto& plan : files) items.push_back(plan.target.name);
  run.each(items, [&](const std::string& item) {
    for (const auto& plan : files)
      if (plan.target.name == item) rehearse_file(run, catalogue, plan);
  });
  conclude(run, files);
}

void tidy(Run& run) {
  revert(run);
  durable::remove_tree(run.layout().staging(run.id()));
}

void revert(Run& run) {
  migrations::end_left_programs(run.layout().rehearsal(run.id()));
  durable::remove_tree(run.layout().rehearsal(run.id()));
}

}  // namespace dfi::steps::rehearse
