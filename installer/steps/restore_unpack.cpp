// SPDX-License-Identifier: Apache-2.0
// unpack of a restore: the saved generation becomes a new generation, saved data files become shadows; both are
// activated by the same pivot as an update. Files which came after the backup stay where they are.
#include <algorithm>
#include <set>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "core/backup_unpack.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::restore_unpack {
namespace {

// A saved object appears in its place complete or not at all: it is looked at by name later.
void restore_saved_objects(TarReader& reader, const ArchiveEntry& entry, const fs::path& target) {
  durable::AtomicFile file(target, entry.mode);
  std::vector<char> buffer(1 << 18);
  while (auto n = reader.read(buffer.data(), buffer.size())) file.write({buffer.data(), n});
  file.commit();
  set_attributes(target, entry);
}

void unpack_product(Run& run, const BackupSet& set) {
  const auto& layout = run.layout();
  const auto tree = layout.product_staging(run.id());
  if (!run.note_text("generation").empty() && fs::exists(layout.releases() / run.note_text("generation"))) return;
  durable::remove_tree(tree);
  durable::make_directories(tree);
  std::vector<std::pair<fs::path, ArchiveEntry>> directories;
  set.read(set.product_archive, [&](TarReader& reader, const BackupEntry& saved) {
    const auto& entry = saved.entry;
    const fs::path path = entry.path;
    auto part = path.begin();
    if (*part != "releases") {
      // Saved objects of PTFs; `current` is the pivot's business.
      if (entry.kind == EntryKind::file && !fs::exists(layout.product_base() / path))
        restore_saved_objects(reader, entry, layout.product_base() / path);
      return;
    }
    auto target = tree;
    for (part = std::next(part, 2); part != path.end(); ++part) target /= *part;
    unpack_entry(reader, entry, target);
    if (entry.kind == EntryKind::directory) directories.emplace_back(target, entry);
  });
  // Last, since writing into a directory changes its times.
  std::for_each(directories.rbegin(), directories.rend(), [](const auto& d) { set_attributes(d.first, d.second); });
  auto restored = Generation::load(tree);
  if (run.note_text("generation").empty())
    run.note("generation", next_generation_name(layout, restored.manifest.version));
  durable::sync_file_system(tree);
  durable::rename(tree, layout.releases() / run.note_text("generation"));
}

// Directories and links of the backup which are missing here; noted before the first is made, so that a rollback knows.
std::set<std::string> missing_places(Run& run, const BackupSet& set) {
  if (!run.note("created")) {
    Json list = Json::array();
    for (const auto& [entry, digest] : set.data_archive.entries)
      if (entry.kind != EntryKind::file && !fs::exists(fs::symlink_status(run.layout().root() / entry.path)))
        list.push_back(entry.path);
    run.note("created", list);
  }
  return run.note("created")->get<std::set<std::string>>();
}

// Of a data file that lies elsewhere behind a link the link stays.
fs::path place_of(const Run& run, const std::set<std::string>& data_files, const std::string& path) {
  const auto place = run.layout().root() / path;
  if (data_files.count(path) == 0) return place;
  refuse_foreign_links(run.layout().root(), place);
  return behind_link(place);
}

void unpack_data(Run& run, const BackupSet& set) {
  const auto& root = run.layout().root();
  std::set<std::string> data_files;
  if (const auto installed = Generation::usable(run.layout()))
    for (const auto& file : installed->spec().data_files) data_files.insert(file.path);
  const auto missing = missing_places(run, set);
  std::vector<fs::path> swaps;
  for (const auto& [entry, digest] : set.data_archive.entries)
    if (entry.kind == EntryKind::file) swaps.push_back(place_of(run, data_files, entry.path));
  note_swaps(run, swaps);  // before the first shadow is made: a way back reads it
  unpack_archive(set, set.data_archive, [&](const ArchiveEntry& entry) {
    if (entry.kind == EntryKind::file) {
      const auto path = place_of(run, data_files, entry.path);
      make_run_directory(path, run);
      return Layout::shadow(path, run.id());
    }
    const auto path = root / entry.path;
    if (missing.count(entry.path) == 0) return fs::path();
    refuse_foreign_links(root, path.parent_path());
    return path;
  });
  // One flush for each tree that got files: they may lie on different file systems.
  std::set<fs::path> trees;
  for (const auto& path : swaps) trees.insert(Layout::shadow(path, run.id()).parent_path());
  for (const auto& tree : trees) durable::sync_file_system(tree);
}

}  // namespace

void apply(Run& run) {
  hold_gate(run);
  rescue_own_objects(run);
  auto set = BackupSet::find(run.layout(), run.note_text("backup"));
  run.each({set.product_archive.name, set.data_archive.name}, [&](const std::string& name) {
    if (name == set.product_archive.name)
      unpack_product(run, set);
    else
      unpack_data(run, set);
  });
}

void revert(Run& run) {
  const auto& layout = run.layout();
  durable::remove_tree(layout.product_staging(run.id()));
  if (auto name = run.note_text("generation"); !name.empty()) durable::remove_tree(layout.releases() / name);
  for (const auto& path : swaps_of(run)) remove_run_directory(path, run);
  if (auto created = run.note("created"))
    for (const auto& place : *created) durable::remove_tree(layout.root() / place.get<std::string>());
}

}  // namespace dfi::steps::restore_unpack
