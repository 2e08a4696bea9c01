// SPDX-License-Identifier: Apache-2.0
// convert --rejects: repaired rejected records go back into their data file, through the conversions of the installed
// release and the same pivot as an update. All of them or none.
#include <fmt/core.h>

#include <algorithm>
#include <fstream>

#include "base/durable.hpp"
#include "base/file_state.hpp"
#include "messages/feed.hpp"
#include "messages/reason.hpp"
#include "messages/rehearse.hpp"
#include "steps/conversion_support.hpp"
#include "steps/identity_support.hpp"
#include "steps/steps.hpp"

namespace dfi::steps::refeed {
namespace {

struct Rejected {
  fs::path path;
  int run = 0;  // that rejected them
  DataFileSpec file;
  int level = 0;
};

[[noreturn]] void refuse(const fs::path& path, Msg reason, Args args = {}) {
  throw Error(msg::rejects_foreign, {{"path", path.string()}}).during({reason, std::move(args)});
}

Generation installed_generation(const Run& run) {
  auto generation = Generation::current(run.layout());
  require(generation.has_value(), "convert needs an installed product");
  return *generation;
}

int rejecting_run(const Run& run, const fs::path& path) {
  std::error_code none;
  for (const auto& earlier : run.journal().runs())
    if (fs::equivalent(run.layout().rejects(earlier.id), path.parent_path(), none)) return earlier.id;
  refuse(path, msg::rejects_of_no_run);
}

// The run that brought the state before `rejecting` back, by its name; empty: what that run made still counts.
std::string taken_back_by(const Journal& journal, int rejecting) {
  for (const auto& later : journal.runs()) {
    if (later.id <= rejecting || later.outcome != Outcome::done) continue;
    if (later.verb == "rollback" && later.inputs.value("update", 0) <= rejecting) return later.name();
    if (later.verb != "backup restore") continue;
    const auto backup = journal.note(later.id, "backup");
    // Who made it: only what was saved later holds what the run has made.
    for (const auto& maker : journal.runs())
      if (maker.id <= rejecting && backup && journal.note(maker.id, "backup") == backup) return later.name();
  }
  return "";
}

// The lines beside the records say what they are.
Rejected rejected_of(const Run& run) {
  Rejected rejected;
  rejected.path = run.input("rejects");
  std::error_code none;
  if (rejected.path.extension() != ".rejects") refuse(rejected.path, msg::rejects_misnamed);
  if (!fs::is_regular_file(rejected.path, none) || fs::file_size(rejected.path, none) == 0)
    refuse(rejected.path, msg::rejects_empty);
  const auto described = rejected.path.string() + ".jsonl";
  std::ifstream lines(described);
  std::string line;
  const auto first = std::getline(lines, line) ? Json::parse(line, nullptr, false) : Json();
  if (!first.is_object() || !first.contains("file") || !first.contains("level"))
    refuse(rejected.path, msg::rejects_unexplained, {{"lines", described}});
  const auto name = first.value("file", "");
  rejected.level = first.value("level", 0);
  const auto generation = installed_generation(run);
  const auto& files = generation.spec().data_files;
  const auto found = std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.name == name; });
  if (found == files.end()) refuse(rejected.path, msg::rejects_of_no_file, {{"file", name}});
  rejected.file = *found;
  rejected.run = rejecting_run(run, rejected.path);
  return rejected;
}

// Names every record that is still bad, with its place in the file that is to be repaired.
class Trier : public migrations::Supervisor {
 public:
  explicit Trier(Run& run) : run_(run) {}
  void progress(std::uint64_t done, std::uint64_t total, std::uint64_t) override {
    run_.may_go_on();
    run_.reporter().progress(done, total);
  }
  void refused(const migrations::Refusal& refusal) override {
    for (auto& line : lines_of(refusal)) run_.warn(line.id, std::move(line.args));
  }

 private:
  Run& run_;
};

DataFilePlan plan_of(const Run& run, const migrations::Catalogue& catalogue, const Rejected& rejected) {
  DataFilePlan plan;
  plan.target = rejected.file;
  plan.file = to_engine(run.layout(), rejected.file);
  plan.exists = true;
  plan.bytes = fs::file_size(plan.file.path);
  plan.level = rejected.level;
  plan.estimate.bytes_in = fs::file_size(rejected.path);
  plan.estimate.space = 2 * plan.bytes + 4 * plan.estimate.bytes_in;
  plan.steps.push_back({"", rejected.level, rejected.file.level});
  plan.dependents = catalogue.dependents(plan.file, rejected.file.level);
  return plan;
}

}  // namespace

void check(Run& run) {
  if (run.note("fed")) return;
  const auto rejected = rejected_of(run);
  if (const auto back = taken_back_by(run.journal(), rejected.run); !back.empty())
    throw Error(msg::rejects_taken_back, {{"path", rejected.path.string()},
                                          {"run", run.journal().run(rejected.run)->name()},
                                          {"file", rejected.file.name},
                                          {"back", back}});
  const auto generation = installed_generation(run);
  throw_first_blocker(checks::active(run.layout(), generation.spec(), run.services()));
  const auto plan = plan_of(run, installed_catalogue(run), rejected);
  throw_first_blocker(checks::dependents({plan}, choices_of(run)));
  throw_first_blocker(checks::space(checks::space_needs(run.layout(), nullptr, {plan})));
}

// All of it once on a private copy, while the product still works.
void attempt(Run& run) {
  forget(run);
  const auto rejected = rejected_of(run);
  const auto catalogue = installed_catalogue(run);
  const auto plan = plan_of(run, catalogue, rejected);
  const auto directory = run.layout().rehearsal(run.id());
  throw_first_blocker(checks::space(checks::trial_space_needs(directory, {plan})));
  durable::make_directories(directory / "new", 0700);
  const auto name = plan.file.path.filename();
  const migrations::DataFile copy{plan.file.name, directory / name};
  migrations::copy_live(plan.file.path, copy.path);
  Trier trier(run);
  catalogue.refeed(copy, rejected.level, rejected.file.level, rejected.path, directory / "new" / name, {}, trier);
  forget(run);
}

void forget(Run& run) {
  migrations::end_left_programs(run.layout().rehearsal(run.id()));
  durable::remove_tree(run.layout().rehearsal(run.id()));
}

void apply(Run& run) {
  hold_gate(run);
  const auto rejected = rejected_of(run);
  const auto catalogue = installed_catalogue(run);
  const auto plan = plan_of(run, catalogue, rejected);
  const auto shadow = Layout::shadow(plan.file.path, run.id());
  note_swaps(run, {plan.file.path});
  run.note("generation", installed_generation(run).name);
  make_run_directory(plan.file.path, run);
  durable::remove(shadow);
  note_other_names(run, plan);
  const auto before = file_state(plan.file.path);
  RunSupervisor supervisor(run, plan, {0, plan.bytes, plan.bytes});
  const auto result =
      catalogue.refeed(plan.file, rejected.level, rejected.file.level, rejected.path, shadow, {}, supervisor);
  supervisor.save_checkpoint(nullptr);
  run.note("converted " + rejected.file.name,
           Json::array({identity_read(plan.file.path, before, result.input_digest), identity_of(rejected.path),
                        identity_of(shadow, result.output_digest)}));
  run.note("fed", {{"file", rejected.file.name},
                   {"path", rejected.path.string()},
                   {"tables", catalogue.kind_of(rejected.file.name, rejected.file.level) == migrations::Kind::sqlite},
                   {"before", result.rows_before},
                   {"after", result.rows_after}});
}

void recheck(Run& run) { recheck_finished(run, run.note("fed")->at("file").get<std::string>()); }

// Never fed twice: the name says that it was done.
void commit(Run& run) {
  const auto fed = *run.note("fed");
  const fs::path path = fed.at("path").get<std::string>();
  const fs::path done = fmt::format("{}.fed-{}", path.string(), run.id());
  if (fs::exists(path) && !fs::exists(done)) durable::rename(path, done);
  for (const auto& swapped : swaps_of(run)) remove_run_directory(swapped, run);
  const auto before = fed.at("before").get<std::uint64_t>(), after = fed.at("after").get<std::uint64_t>();
  run.say(fed.value("tables", false) ? msg::rows_fed : msg::records_fed,
          {{"file", fed.at("file").get<std::string>()},
           {"count", std::to_string(after - std::min(before, after))},
           {"after", std::to_string(after)},
           {"path", done.string()}});
}

void revert(Run& run) {
  for (const auto& path : swaps_of(run)) remove_run_directory(path, run);
}

}  // namespace dfi::steps::refeed
