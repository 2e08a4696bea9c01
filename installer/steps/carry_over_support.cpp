// SPDX-License-Identifier: Apache-2.0
#include "steps/carry_over_support.hpp"

#include "base/durable.hpp"
#include "base/file_state.hpp"
#include "messages/rollback.hpp"
#include "steps/identity_support.hpp"

namespace dfi::steps {
namespace {

class Watcher : public migrations::Supervisor {
 public:
  explicit Watcher(Run& run) : run_(run) {}
  void progress(std::uint64_t done, std::uint64_t total, std::uint64_t) override {
    throw_if_interrupted();
    run_.reporter().progress(done, total);
  }

 private:
  Run& run_;
};

void convert_again(Run& run, const migrations::Catalogue& catalogue, const KeptUpdate& update, const KeptFile& file,
                   const fs::path& target) {
  const auto choices = ConversionChoices::of_run(update.inputs, run.journal().note(update.run, "conversion"));
  const migrations::DataFile original{file.name, file.original.at("path").get<std::string>()};
  Watcher watcher(run);
  const auto route = catalogue.route(original, file.from, file.to, choices.fuse);
  const auto result = catalogue.convert(original, route, target, choices.policy(), watcher);
  if (!file.made.empty() && result.output_digest != file.made) run.warn(msg::baseline_differs, {{"file", file.name}});
}

void change_again(const KeptFile& file, const fs::path& target) {
  const auto change = migrations::InPlaceChange::from_json(file.change);
  migrations::copy_reverted({file.name, file.path}, change, target);
  migrations::apply_in_place({file.name, target}, change);
}

}  // namespace

bool touched_since_open(const Run& run, const KeptUpdate& update, const KeptFile& file) {
  const auto noted = run.journal().note(update.run, "at_open");
  if (!noted || !fs::exists(file.path)) return true;
  for (const auto& then : *noted)
    if (then.at("file") == file.name) return then.at("facts") != file_state(file.path);
  return true;
}

fs::path baseline_path(const Run& run, const KeptFile& file) {
  return Layout::shadow(file.path, run.id()).parent_path() / "was" / file.name / file.path.filename();
}

void make_baseline(Run& run, const migrations::Catalogue& catalogue, const KeptUpdate& update, const KeptFile& file) {
  const auto target = baseline_path(run, file);
  const auto key = "baseline " + file.name;
  // After a change in place the present content decides: made anew each time.
  const bool whole = run.note(key) == Json(true) && fs::exists(target);
  if (whole && file.change.is_null()) return;
  run.note(key, false);  // before there can be half of it
  durable::remove_tree(target.parent_path());
  durable::make_directories(target.parent_path(), 0700);
  if (file.created())
    catalogue.create({file.name, target}, file.to);
  else if (file.change.is_null())
    convert_again(run, catalogue, update, file, target);
  else
    change_again(file, target);
  run.note(key, true);
}

migrations::Catalogue::Carried compare_with_baseline(const Run& run, const migrations::Catalogue& catalogue,
                                                     const KeptFile& file, const fs::path& older,
                                                     const migrations::Catalogue::RowListener& tell) {
  return catalogue.carry_over({file.name, file.path}, file.to, baseline_path(run, file), older, tell);
}

Json tell_carried(Run& run, const KeptFile& file, const migrations::Catalogue::Carried& carried) {
  if (carried.created + carried.changed + carried.deleted > 0)
    run.say(msg::carry_counted, {{"file", file.name},
                                 {"created", std::to_string(carried.created)},
                                 {"changed", std::to_string(carried.changed)},
                                 {"deleted", std::to_string(carried.deleted)}});
  else if (carried.whole)
    run.say(msg::carry_whole, {{"file", file.name}});
  return {{"file", file.name},
          {"new", carried.created},
          {"changed", carried.changed},
          {"deleted", carried.deleted},
          {"whole", carried.whole},
          {"requeued", carried.requeued},
          {"followed", carried.followed},
          {"refused", carried.refused}};
}

}  // namespace dfi::steps
