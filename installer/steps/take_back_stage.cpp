// SPDX-License-Identifier: Apache-2.0
// rollback of a done update, the product down: copies of the originals become the shadows which the pivot swaps in,
// what was written since is exported, and rows that may be re-queued go into the copies. The originals stay untouched
// until the old product has proven itself, so that the rollback itself can be taken back and tried again.
#include "base/durable.hpp"
#include "messages/rollback.hpp"
#include "steps/carry_over_support.hpp"
#include "steps/conversion_support.hpp"
#include "steps/identity_support.hpp"
#include "steps/steps.hpp"

namespace dfi::steps::take_back {
namespace {

void stage_file(const Run& run, const KeptFile& file) {
  const auto shadow = Layout::shadow(file.path, run.id());
  make_run_directory(file.path, run);
  if (!file.change.is_null())
    migrations::copy_reverted({file.name, file.path}, migrations::InPlaceChange::from_json(file.change), shadow);
  else if (!file.created())
    durable::copy_file(file.original.at("path").get<std::string>(), shadow);
}

// Lines appear in their file all or none.
class Export {
 public:
  explicit Export(fs::path path) : path_(std::move(path)) {}
  void add(const Json& line) {
    if (!file_) {
      durable::make_directories(path_.parent_path(), 0700);
      file_.emplace(path_, 0600);
    }
    file_->write(line.dump() + "\n");
  }
  /// Empty: there was no line.
  std::string finish() {
    if (!file_) return "";
    file_->commit();
    return path_.string();
  }

 private:
  fs::path path_;
  std::optional<durable::AtomicFile> file_;
};

// The file itself, where no lines can say it: records, areas, a configuration with its comments.
std::string copy_whole(const Run& run, const KeptFile& file) {
  const auto place = run.layout().carry_over(run.id()) / file.path.filename();
  durable::make_directories(place.parent_path(), 0700);
  durable::remove(place);
  migrations::copy_live(file.path, place);
  return place.string();
}

void carry(Run& run, const migrations::Catalogue& catalogue, const KeptUpdate& update, const KeptFile& file) {
  make_baseline(run, catalogue, update, file);
  const auto shadow = Layout::shadow(file.path, run.id());
  const bool takes = catalogue.kind_of(file.name, file.to) == migrations::Kind::sqlite && fs::exists(shadow) &&
                     catalogue.kind_of(file.name, file.from) == migrations::Kind::sqlite;
  // Rows written to a file that was changed in place stay in it.
  const auto older = takes && file.change.is_null() ? shadow : fs::path();
  Export lines(run.layout().carry_over(run.id()) / (file.name + ".jsonl"));
  const auto carried = compare_with_baseline(run, catalogue, file, older, [&](const Json& line) { lines.add(line); });
  if (!carried.any()) return;
  auto told = tell_carried(run, file, carried);
  if (!run.inputs().at("carry_over").get<bool>())
    throw Error(msg::written_after_open, {{"run", update.name()}, {"files", file.name}});
  told["lines"] = lines.finish();
  const bool config = catalogue.kind_of(file.name, file.to) == migrations::Kind::config;
  told["copy"] = carried.whole || config ? copy_whole(run, file) : "";
  run.say(msg::carry_exported,
          {{"file", file.name},
           {"path", told["lines"] == "" ? told["copy"].get<std::string>() : told["lines"].get<std::string>()},
           {"requeued", std::to_string(carried.requeued)},
           {"followed", std::to_string(carried.followed)},
           {"refused", std::to_string(carried.refused)}});
  auto all = run.note("carried").value_or(Json::object());
  all[file.name] = told;
  run.note("carried", all);
}

}  // namespace

void stage(Run& run) {
  hold_gate(run);
  rescue_own_objects(run);
  const auto update = *kept_update(run.journal());
  run.note("generation", update.generation);
  run.note("other_names", run.journal().note(update.run, "other_names").value_or(Json::object()));
  const auto catalogue = installed_catalogue(run);
  std::vector<std::string> names;
  for (const auto& file : update.files) names.push_back(file.name);
  run.each(names, [&](const std::string& name) {
    for (const auto& file : update.files) {
      if (file.name != name) continue;
      stage_file(run, file);
      const bool there = fs::exists(file.path);
      if (there && touched_since_open(run, update, file)) carry(run, catalogue, update, file);
      run.note("seen " + name, there ? identity_of(file.path) : identity_absent(file.path));
    }
  });
}

void discard(Run& run) {
  durable::remove_tree(run.layout().carry_over(run.id()));
  forget(run);
}

// Right before the pivot: what somebody wrote after its export must not be lost by the swap.
void recheck(Run& run) {
  const auto update = *kept_update(run.journal());
  for (const auto& file : update.files) {
    const auto seen = run.note("seen " + file.name);
    if (!seen || !is_unchanged(*seen))
      throw Error(msg::carry_changed, {{"path", file.path.string()}, {"holders", holders_of(file.path)}});
  }
}

void commit(Run& run) {
  const auto& layout = run.layout();
  const auto id = run.inputs().at("update").get<int>();
  if (const auto old = layout.kept(id) / "definitions"; fs::exists(old)) {
    // Out of the way in one piece: half a set of definitions would stop whoever reads it.
    if (fs::exists(layout.definitions())) durable::rename(layout.definitions(), layout.kept(id) / "replaced");
    durable::rename(old, layout.definitions());
  }
  remove_kept_update(run);
  for (const auto& path : swaps_of(run)) remove_run_directory(path, run);
  prune_generations(run);
}

}  // namespace dfi::steps::take_back
