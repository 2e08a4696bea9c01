// SPDX-License-Identifier: Apache-2.0
// rollback of a done first installation: the pivot swaps the old data files in, and `current` goes; then everything the
// product brought goes, as by uninstall. What an installation made and nobody wrote to is gone as well.
#include "base/durable.hpp"
#include "messages/uninstall.hpp"
#include "steps/kept_support.hpp"
#include "steps/ownership_support.hpp"
#include "steps/removal_support.hpp"
#include "steps/steps.hpp"

namespace dfi::steps::take_back {
namespace {

// Of what `configure` of the installation made: directories, and new defaults beside what the administrator had.
void remove_rest(const Run& run, int installation) {
  std::vector<std::string> directories;
  for (const auto& path : run.journal().begun_items(installation, "configure")) {
    const auto target = run.layout().root() / path;
    if (fs::is_directory(target))
      directories.insert(directories.begin(), path);
    else if (target.extension() == ".dfnew")
      durable::remove(target);
  }
  remove_if_empty(run, directories);
}

}  // namespace

void retire(Run& run) {
  if (const auto installed = Generation::current(run.layout())) note_host_objects(run, *installed, false);
  activate::apply(run);
}

void remove(Run& run) {
  const auto& layout = run.layout();
  const auto installation = run.inputs().at("update").get<int>();
  remove_kept_update(run);
  for (const auto& path : swaps_of(run)) remove_run_directory(path, run);
  remove_product(run);
  remove_rest(run, installation);
  give_back(run, installation);
  lift_gate(run);
  run.say(msg::data_stays, {{"path", layout.data().string()}, {"config", layout.config().string()}});
}

}  // namespace dfi::steps::take_back
