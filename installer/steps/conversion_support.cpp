// SPDX-License-Identifier: Apache-2.0
#include "steps/conversion_support.hpp"

#include <set>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "messages/external.hpp"
#include "messages/rehearse.hpp"
#include "messages/step.hpp"
#include "steps/identity_support.hpp"

namespace dfi::steps {
namespace {

// Owner, mode and extended attributes may have been changed since the conversion took them along.
void follow_attributes(const fs::path& original, const fs::path& shadow) {
  const auto now = describe(original, {}), then = describe(shadow, {});
  if (now.mode == then.mode && now.user == then.user && now.group == then.group &&
      extended_attributes(original) == extended_attributes(shadow))
    return;
  durable::copy_attributes(original, shadow);
  durable::sync_file(shadow);
}

}  // namespace

ConversionChoices choices_of(const Run& run) { return ConversionChoices::of_run(run.inputs(), run.note("conversion")); }

migrations::Catalogue installed_catalogue(const Run& run) {
  return migrations::Catalogue::load(run.layout().definitions(), migrations::Proof::done);
}

std::vector<DataFilePlan> planned_files(const Run& run, const migrations::Catalogue& catalogue) {
  auto plans = plan_data_files(run.layout(), target_manifest(run), catalogue, Generation::current(run.layout()),
                               choices_of(run));
  for (auto& plan : plans) {
    std::error_code none;
    const auto size = fs::file_size(Layout::shadow(plan.file.path, run.id()), none);
    plan.there = none ? 0 : size;
  }
  return plans;
}

bool is_finished(const Run& run, const std::string& file) { return run.note("converted " + file).has_value(); }

std::vector<DataFilePlan> unfinished(const Run& run, const std::vector<DataFilePlan>& plans) {
  std::vector<DataFilePlan> rest;
  for (const auto& plan : plans)
    if (!is_finished(run, plan.target.name)) rest.push_back(plan);
  return rest;
}

void recheck_finished(const Run& run, const std::string& file) {
  const auto noted = run.note("converted " + file);
  require(noted.has_value(), "a converted file has its identity in the journal");
  for (const auto& identity : *noted)
    if (!is_unchanged(identity)) {
      const auto path = identity.at("path").get<std::string>();
      throw Error(msg::shadow_changed, {{"path", path}, {"holders", holders_of(path)}});
    }
  if (!noted->empty() && !noted->front().contains("absent"))
    follow_attributes(noted->front().at("path").get<std::string>(), noted->back().at("path").get<std::string>());
}

void note_other_names(Run& run, const DataFilePlan& plan) {
  Json names = Json::array();
  for (const auto& dependent : plan.dependents)
    if (dependent.type == "hard link" && dependent.name != "?") names.push_back(dependent.sql);
  if (plan.target.kind != "records" && !names.empty())
    run.warn(msg::names_stay_old, {{"path", plan.file.path.string()}, {"count", std::to_string(names.size())}});
  const bool wanted = plan.target.kind == "records" && choices_of(run).dependents != "save-only";
  auto all = run.note("other_names").value_or(Json::object());
  all[plan.file.path.string()] = wanted ? names : Json::array();
  run.note("other_names", all);
}

RunSupervisor::RunSupervisor(Run& run, const DataFilePlan& plan, Stretch stretch)
    : run_(run),
      file_(plan.target.name),
      records_(plan.estimate.records),
      stretch_(stretch),
      begun_(monotonic_ms()),
      noted_(begun_),
      total_(stretch.own) {
  note_progress();
}

void RunSupervisor::progress(std::uint64_t done, std::uint64_t total, std::uint64_t rejected) {
  done_ = done;
  total_ = total;
  rejected_ = rejected;
  run_.may_go_on();
  const auto share = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
  run_.reporter().progress(stretch_.before + static_cast<std::uint64_t>(share * static_cast<double>(stretch_.own)),
                           stretch_.all);
  constexpr std::int64_t pause_ms = 1000;
  if (monotonic_ms() - noted_ < pause_ms) return;
  noted_ = monotonic_ms();
  note_progress();
}

void RunSupervisor::stopped() noexcept {
  try {
    note_progress();
  } catch (const std::exception&) {
    // The disk may be full: `status` shows what was noted last.
  }
}

// The engine counts bytes of input; with several passes each byte counts once for each.
void RunSupervisor::note_progress() {
  const auto share = total_ == 0 ? 0.0 : static_cast<double>(done_) / static_cast<double>(total_);
  run_.note("progress", {{"file", file_},
                         {"bytes", done_},
                         {"of_bytes", total_},
                         {"records", static_cast<std::uint64_t>(share * static_cast<double>(records_))},
                         {"of_records", records_},
                         {"rejected", rejected_},
                         {"seconds", static_cast<double>(monotonic_ms() - begun_) / 1000},
                         {"at", now_utc()}});
}

std::optional<Json> RunSupervisor::checkpoint() {
  auto saved = run_.note("checkpoint " + file_);
  return saved && !saved->is_null() ? saved : std::nullopt;
}

void RunSupervisor::save_checkpoint(const Json& checkpoint) { run_.note("checkpoint " + file_, checkpoint); }

void end_programs(Run& run) {
  std::set<fs::path> directories;
  for (const auto& path : worked_on(run)) directories.insert(Layout::shadow(path, run.id()).parent_path());
  for (const auto& directory : directories)
    if (migrations::end_left_programs(directory)) run.warn(msg::programs_ended, {{"path", directory.string()}});
}

}  // namespace dfi::steps
