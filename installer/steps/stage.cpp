// SPDX-License-Identifier: Apache-2.0
// stage: the unpacked tree becomes a generation, not yet the active one. Own and changed objects of the old tree are
// copied to a named place (feature 67).
#include "base/durable.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "messages/step.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::stage {
void apply(Run& run) {
  const auto& layout = run.layout();
  rescue_own_objects(run);
  if (run.note_text("generation").empty())
    run.note("generation", next_generation_name(layout, target_manifest(run).version));
  const auto target = layout.releases() / run.note_text("generation");
  const auto tree = layout.product_staging(run.id());
  if (!fs::exists(tree)) return;  // moved by an earlier try
  Generation generation{target.filename().string(), tree, target_manifest(run), {}};
  // Between unpacking and now hours may have passed: what becomes the product is compared once more.
  for (const auto& object : generation.manifest.objects)
    if (sha256_file(tree / object.path) != object.sha256)
      throw Error(msg::staged_object_wrong, {{"object", object.path}});
  generation.write_to(tree);
  durable::sync_file_system(tree);
  durable::rename(tree, target);
}

void revert(Run& run) {
  auto name = run.note_text("generation");
  if (!name.empty()) durable::remove_tree(run.layout().releases() / name);
}

}  // namespace dfi::steps::stage
