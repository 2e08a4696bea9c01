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
namespace {

void rescue(Run& run) {
  auto installed = Generation::current(run.layout());
  if (!installed) return;
  const auto place = run.layout().rescued(run.id());
  for (const auto& finding : checks::foreign_objects(run.layout(), *installed)) {
    if (finding.details.at("state") == "missing") continue;
    const auto object = finding.details.at("object").get<std::string>();
    const auto target = place / object;
    durable::make_directories(target.parent_path(), 0750);
    if (fs::is_symlink(installed->path / object))
      durable::flip_link(target, fs::read_symlink(installed->path / object));
    else
      durable::copy_file(installed->path / object, target);
    run.say(msg::object_rescued, {{"object", object}, {"path", target.string()}});
  }
}

}  // namespace

void apply(Run& run) {
  const auto& layout = run.layout();
  rescue(run);
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
