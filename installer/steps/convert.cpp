// SPDX-License-Identifier: Apache-2.0
// convert: every data file that stands at an older level, each into a shadow beside it; first installation: new empty
// data files. The data files themselves stay untouched until the pivot. After an abort `resume` goes on at exactly the
// aborted file (features 105–114).

#include "base/durable.hpp"
#include "base/hash.hpp"
#include "messages/step.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::convert {
namespace {

// With what waits in a -wal file: committed work which the file itself does not show yet.
Json fingerprint(const fs::path& path) {
  std::error_code none;
  const auto waiting = fs::file_size(path.string() + "-wal", none);
  return {{"path", path.string()}, {"sha256", sha256_file(path)}, {"waiting", none ? 0 : waiting}};
}

// A finished file: neither its input nor its shadow may have changed during a pause.
void recheck(const Run& run, const std::string& item) {
  auto noted = run.note("converted " + item);
  require(noted.has_value(), "a converted file has its digests in the journal");
  for (const auto& fact : *noted)
    if (fact.is_object() && fingerprint(fact.at("path").get<std::string>()) != fact)
      throw Error(msg::shadow_changed, {{"path", fact.at("path").get<std::string>()}});
}

std::string names_of(const std::vector<migrations::Step>& steps) {
  std::string names;
  for (const auto& step : steps) names += (names.empty() ? "" : ", ") + step.conversion;
  return names;
}

class Quiet : public migrations::Supervisor {
 public:
  void progress(std::uint64_t, std::uint64_t, std::uint64_t) override {}
};

void convert_file(Run& run, const migrations::Catalogue& catalogue, const DataFilePlan& plan) {
  const auto shadow = Layout::shadow(plan.file.path, run.id());
  durable::make_directories(shadow.parent_path(), 0700);
  durable::remove(shadow);
  if (!plan.exists) {
    auto fresh = plan.file;
    fresh.path = shadow;
    catalogue.create(fresh, plan.target.level);
    run.note("converted " + plan.target.name, Json::array({fingerprint(shadow)}));
    return;
  }
  Quiet quiet;
  auto result = catalogue.convert(plan.file, plan.route, shadow, {}, quiet);
  run.note("converted " + plan.target.name, Json::array({fingerprint(plan.file.path), fingerprint(shadow)}));
  run.say(msg::file_converted, {{"file", plan.target.name},
                                {"conversions", names_of(plan.steps)},
                                {"before", std::to_string(result.rows_before)},
                                {"after", std::to_string(result.rows_after)}});
  std::string names;
  for (const auto& name : result.recreated) names += (names.empty() ? "" : ", ") + name;
  if (!names.empty()) run.say(msg::dependents_recreated, {{"file", plan.target.name}, {"names", names}});
}

}  // namespace

void apply(Run& run) {
  hold_gate(run);
  auto catalogue = catalogue_of(run);
  auto plans = plan_data_files(run.layout(), target_manifest(run), catalogue);
  std::map<std::string, const DataFilePlan*> work;
  std::vector<std::string> items;
  std::vector<fs::path> swaps;
  for (const auto& plan : plans) {
    if (plan.exists && plan.steps.empty()) continue;
    durable::make_directories(plan.file.path.parent_path());
    work[plan.target.name] = &plan;
    items.push_back(plan.target.name);
    swaps.push_back(plan.file.path);
  }
  for (const auto& item : items)
    if (run.done(item)) recheck(run, item);
  note_swaps(run, swaps);
  // Somebody may have come in during a pause, or past the gate: looked at right before each file.
  auto installed = Generation::current(run.layout());
  run.each(items, [&](const std::string& item) {
    if (installed) throw_first_blocker(checks::active(run.layout(), installed->spec(), run.services()));
    convert_file(run, catalogue, *work.at(item));
  });
}

// Right before the pivot: what somebody changed after its conversion must not be lost by the swap.
void recheck_all(Run& run) {
  const auto target = target_manifest(run);
  for (const auto& file : target.spec->data_files)
    if (run.note("converted " + file.name)) recheck(run, file.name);
}

void revert(Run& run) {
  for (const auto& path : swaps_of(run)) remove_run_directory(path, run);
}

}  // namespace dfi::steps::convert
