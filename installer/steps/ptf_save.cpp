// SPDX-License-Identifier: Apache-2.0
// save: the objects to be replaced go to PTFyymmdd.SAVF beside the product, synced and read back, before the first one
// is replaced (feature 128). Never overwritten; kept by updates.
#include "base/durable.hpp"
#include "messages/ptf.hpp"
#include "steps/ptf_support.hpp"
#include "steps/steps.hpp"

namespace dfi::steps::ptf_save {

void apply(Run& run) {
  auto located = located_ptf(run);
  auto installed = active_generation(run);
  if (run.note_text("saved").empty()) run.note("saved", ptf::saved_objects_path(run.layout()).string());
  const fs::path target = run.note_text("saved");
  ptf::save_objects(located.manifest, installed, target);
  run.say(msg::ptf_saved, {{"count", std::to_string(located.manifest.objects.size())}, {"path", target.string()}});
}

void revert(Run& run) {
  if (auto saved = run.note_text("saved"); !saved.empty()) durable::remove(saved);
}

}  // namespace dfi::steps::ptf_save
