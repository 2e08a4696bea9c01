// SPDX-License-Identifier: Apache-2.0
// stage of a PTF: the next generation is composed beside the active one, of the objects of the PTF (apply) or of the
// saved objects (remove) and hard links to all others.
#include <algorithm>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "messages/ptf.hpp"
#include "steps/ptf_support.hpp"
#include "steps/steps.hpp"

namespace dfi::steps {
namespace {

struct Places {
  fs::path objects, tree, target;
};

Places prepare(Run& run, const Generation& installed) {
  const auto& layout = run.layout();
  if (run.note_text("generation").empty())
    run.note("generation", next_generation_name(layout, installed.manifest.version));
  const auto staging = layout.product_staging(run.id());
  Places places{staging / "objects", staging / "tree", layout.releases() / run.note_text("generation")};
  if (fs::exists(places.target)) return places;  // finished by an earlier try
  durable::remove_tree(staging);
  durable::make_directories(places.objects);
  return places;
}

void finish(const Places& places) {
  durable::rename(places.tree, places.target);
  durable::remove_tree(places.tree.parent_path());
}

std::vector<std::string> paths_of(const std::vector<Object>& objects) {
  std::vector<std::string> paths;
  for (const auto& object : objects) paths.push_back(object.path);
  return paths;
}

}  // namespace

void ptf_stage::apply(Run& run) {
  auto installed = active_generation(run);
  auto places = prepare(run, installed);
  if (fs::exists(places.target)) return;
  rescue_own_objects(run);
  auto located = located_ptf(run);
  auto save_file = ptf::open(located, trusted_keys(run));
  save_file.unpack(places.objects);
  const auto& manifest = save_file.manifest();
  auto stack = installed.ptfs;
  stack.push_back({manifest.ptf->id, manifest.ptf->title_en, manifest.ptf->title_de, manifest.save_file,
                   fs::path(run.note_text("saved")).filename().string(), now_utc(), paths_of(manifest.objects)});
  ptf::compose(installed, manifest.objects, places.objects, {}, stack, places.tree);
  run.note("changed", paths_of(manifest.objects));
  finish(places);
}

void ptf_stage::revert(Run& run) {
  durable::remove_tree(run.layout().product_staging(run.id()));
  if (auto name = run.note_text("generation"); !name.empty()) durable::remove_tree(run.layout().releases() / name);
}

void ptf_remove_stage::apply(Run& run) {
  auto installed = active_generation(run);
  auto places = prepare(run, installed);
  if (fs::exists(places.target)) return;
  rescue_own_objects(run);
  auto applied = ptf::removable(installed, run.layout(), run.note_text("id"));
  auto saved = SaveFile::open(run.layout().product_base() / applied.saved, nullptr);
  saved.unpack(places.objects);
  auto stack = installed.ptfs;
  stack.erase(std::remove_if(stack.begin(), stack.end(), [&](const auto& p) { return p.id == applied.id; }),
              stack.end());
  ptf::compose(installed, saved.manifest().objects, places.objects, saved.manifest().absent, stack, places.tree);
  run.note("changed", applied.objects);
  finish(places);
}

}  // namespace dfi::steps
