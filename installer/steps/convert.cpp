// SPDX-License-Identifier: Apache-2.0
// convert: every data file that stands at an older level, each into a shadow beside it; first installation: new empty
// data files. The data files themselves stay untouched until the pivot. After an abort `resume` goes on at exactly the
// aborted file, inside it at the last checkpoint (features 105–114).
#include <algorithm>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "base/file_state.hpp"
#include "messages/rehearse.hpp"
#include "steps/abort_support.hpp"
#include "steps/conversion_support.hpp"
#include "steps/correction_support.hpp"
#include "steps/identity_support.hpp"
#include "steps/result_support.hpp"
#include "steps/steps.hpp"

namespace dfi::steps::convert {
namespace {

void create_file(Run& run, const migrations::Catalogue& catalogue, const DataFilePlan& plan, const fs::path& shadow) {
  durable::remove(shadow);
  auto fresh = plan.file;
  fresh.path = shadow;
  catalogue.create(fresh, plan.target.level);
  run.note("converted " + plan.target.name, Json::array({identity_absent(plan.file.path), identity_of(shadow)}));
}

// It was tried; nothing is written before the pivot: activate makes the change, and revert takes it back.
void note_in_place(Run& run, const DataFilePlan& plan) {
  auto changes = run.note("in_place").value_or(Json::object());
  changes[plan.target.name] = {{"path", plan.file.path.string()}, {"change", plan.in_place->to_json()}};
  run.note("in_place", changes);
  run.note("converted " + plan.target.name, Json::array());
  run.say(msg::changed_in_place, {{"file", plan.target.name}, {"conversion", route_text(plan.route)}});
}

void convert_file(Run& run, const migrations::Catalogue& catalogue, const DataFilePlan& plan, Stretch stretch) {
  const auto shadow = Layout::shadow(plan.file.path, run.id());
  make_run_directory(plan.file.path, run);
  if (!plan.exists) return create_file(run, catalogue, plan, shadow);
  RunSupervisor supervisor(run, plan, stretch);
  const bool tried = supervisor.checkpoint().has_value();
  const auto before = file_state(plan.file.path);
  const auto begun = monotonic_ms();
  const auto result = [&] {
    try {
      return catalogue.convert(plan.file, plan.route, shadow, choices_of(run).policy(), supervisor);
    } catch (...) {
      supervisor.stopped();
      throw;
    }
  }();
  const auto seconds = static_cast<double>(monotonic_ms() - begun) / 1000;
  if (plan.in_place) return note_in_place(run, plan);
  const auto read = identity_read(plan.file.path, before, result.input_digest);
  // A route of several passes may have gone on at one of them.
  if (tried && result.went_on_at == 0 && plan.route.size() == 1)
    run.say(msg::conversion_began_anew, {{"file", plan.target.name}});
  tell_result(run, plan, result, seconds);
  run.note("converted " + plan.target.name, Json::array({read, identity_of(shadow, result.output_digest)}));
  supervisor.save_checkpoint(nullptr);
}

void convert_item(Run& run, const migrations::Catalogue& catalogue, const DataFilePlan& plan, Stretch stretch) {
  const auto installed = Generation::current(run.layout());
  // Somebody may have come in during a pause, or past the gate.
  if (installed) throw_first_blocker(checks::active(run.layout(), installed->spec(), run.services()));
  throw_first_blocker(checks::dependents({plan}, choices_of(run)));
  note_other_names(run, plan);
  convert_file(run, catalogue, plan, stretch);
}

std::vector<DataFilePlan> work_of(const std::vector<DataFilePlan>& plans) {
  std::vector<DataFilePlan> work;
  for (const auto& plan : plans)
    if (!plan.exists || plan.converts()) work.push_back(plan);
  return work;
}

std::vector<Stretch> stretches_of(const std::vector<DataFilePlan>& work) {
  std::vector<Stretch> stretches;
  std::uint64_t sum = 0;
  for (const auto& plan : work) {
    stretches.push_back({sum, plan.estimate.bytes_in, 0});
    sum += plan.estimate.bytes_in;
  }
  for (auto& stretch : stretches) stretch.all = sum;
  return stretches;
}

}  // namespace

void apply(Run& run) {
  hold_gate(run);
  lay_corrections_over(run);
  const auto catalogue = catalogue_of(run);
  const auto work = work_of(planned_files(run, catalogue));
  const auto stretches = stretches_of(work);
  std::vector<std::string> items;
  std::vector<fs::path> swaps;
  Json tried = Json::array();
  for (const auto& plan : work) {
    durable::make_directories(plan.file.path.parent_path());
    items.push_back(plan.target.name);
    if (plan.in_place)
      tried.push_back(plan.file.path.string());
    else
      swaps.push_back(plan.file.path);
    if (is_finished(run, plan.target.name)) recheck_finished(run, plan.target.name);
  }
  note_swaps(run, swaps);
  run.note("tried", tried);
  throw_first_blocker(
      checks::space(checks::space_needs(run.layout(), nullptr, unfinished(run, work), checks::Saving::nothing)));
  run.each(items, [&](const std::string& item) {
    if (is_finished(run, item)) return;  // killed before this was marked
    const auto at = static_cast<std::size_t>(std::find(items.begin(), items.end(), item) - items.begin());
    try {
      convert_item(run, catalogue, work[at], stretches[at]);
    } catch (const Error& e) {
      if (!wants_to_stop(e)) write_abort_report(run, work, item, e);
      throw;
    }
  });
  run.note("progress", nullptr);
}

// Right before the pivot: what somebody changed after its conversion must not be lost by the swap.
void recheck_all(Run& run) {
  const auto target = target_manifest(run);
  for (const auto& file : target.spec->data_files)
    if (is_finished(run, file.name)) recheck_finished(run, file.name);
}

void revert(Run& run) {
  end_programs(run);
  for (const auto& path : worked_on(run)) remove_run_directory(path, run);
}

}  // namespace dfi::steps::convert
