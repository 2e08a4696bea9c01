// SPDX-License-Identifier: Apache-2.0
// uninstall: a backup is made first, then `current` goes (the pivot), then everything the product brought. Data and
// configuration stay unless --purge; backups, journal and rescued objects stay always.
#include "messages/uninstall.hpp"

#include "base/durable.hpp"
#include "core/generation.hpp"
#include "steps/kept_support.hpp"
#include "steps/removal_support.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::uninstall {
namespace {

std::vector<std::string> noted(const Run& run, const std::string& key) {
  return run.note(key).value_or(Json::array()).get<std::vector<std::string>>();
}

bool purges(const Run& run) { return run.inputs().value("purge", false); }

void remove_data(Run& run) {
  const auto& layout = run.layout();
  for (const fs::path file : noted(run, "data_files"))
    if (file.parent_path() != layout.data() && file.parent_path() != layout.config()) durable::remove(file);
  durable::remove_tree(layout.config());
  run.closure.reset();
  durable::remove_tree(layout.data());  // the gate with it: nothing is left that it could keep out
  remove_if_empty(run, noted(run, "directories"));
  run.say(msg::data_purged, {{"id", run.note_text("backup")}});
}

}  // namespace

void check(Run& run) {
  const auto installed = Generation::current(run.layout());
  if (!installed) return;  // retired by an earlier try
  throw_first_blocker(checks::active(run.layout(), installed->spec(), run.services()));
}

void rescue(Run& run) { rescue_own_objects(run); }

void retire(Run& run) {
  const auto& layout = run.layout();
  std::error_code none;
  if (const auto installed = Generation::current(layout)) {
    Json files = Json::array();
    for (const auto& file : installed->spec().data_files) files.push_back(data_path(layout, file).string());
    run.note("data_files", files);
    run.note("directories", installed->spec().directories);
    note_host_objects(run, *installed, purges(run));
    run.note("previous", fs::read_symlink(layout.current(), none).string());
  }
  durable::remove(layout.current());
}

void unretire(Run& run) {
  const auto previous = run.note_text("previous");
  if (!previous.empty() && !fs::is_symlink(run.layout().current()))
    durable::flip_link(run.layout().current(), previous);
}

void remove(Run& run) {
  const auto& layout = run.layout();
  end_kept_update(run);
  remove_product(run);
  if (purges(run)) return remove_data(run);
  lift_gate(run);
  run.say(msg::data_stays, {{"path", layout.data().string()}, {"config", layout.config().string()}});
}

}  // namespace dfi::steps::uninstall
