// SPDX-License-Identifier: Apache-2.0
// activate, the pivot: data files are swapped with their shadows, then `current` is flipped, or goes where the state
// that comes has no product. Its intent in the journal is the decision; each part here can be repeated, and revert can
// start from any half. The gate keeps the product down meanwhile, so nobody sees a mixture. Originals stay until
// commit.
#include <sys/stat.h>

#include <algorithm>
#include <functional>

#include "base/companions.hpp"
#include "base/durable.hpp"
#include "base/file.hpp"
#include "messages/rehearse.hpp"
#include "messages/step.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::activate {
namespace {

bool same_file(const fs::path& a, const fs::path& b) {
  struct stat x {
  }, y{};
  return ::stat(a.c_str(), &x) == 0 && ::stat(b.c_str(), &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

// Companions of a SQLite file belong to the content that leaves: they go with it, and come back with it.
void set_companions_aside(const fs::path& path, int run) {
  for (const char* suffix : companion_suffixes) {
    const fs::path companion = path.string() + suffix;
    if (fs::exists(companion) && !fs::exists(Layout::original(companion, run)))
      durable::rename(companion, Layout::original(companion, run));
  }
}

void bring_companions_back(const fs::path& path, int run) {
  for (const char* suffix : companion_suffixes) {
    const fs::path companion = path.string() + suffix;
    if (fs::exists(Layout::original(companion, run))) durable::rename(Layout::original(companion, run), companion);
  }
}

void remove_companions(const fs::path& path) {
  for (const char* suffix : companion_suffixes)
    if (const auto companion = path.string() + suffix; fs::exists(companion)) durable::remove(companion);
}

// The state that comes has no such file.
void set_aside(const fs::path& path, int run, bool sqlite) {
  if (sqlite) set_companions_aside(path, run);
  if (fs::exists(path)) durable::rename(path, Layout::original(path, run));
}

void swap_in(const fs::path& path, int run, bool sqlite) {
  const auto shadow = Layout::shadow(path, run), original = Layout::original(path, run);
  if (!fs::exists(shadow)) return;  // done by an earlier try
  if (fs::exists(path) && !fs::exists(original)) durable::hard_link(path, original);
  if (sqlite) set_companions_aside(path, run);
  durable::rename(shadow, path);
}

// `existed`: there was such a file before this run.
void swap_back(const fs::path& path, int run, bool sqlite, bool existed) {
  const auto shadow = Layout::shadow(path, run), original = Layout::original(path, run);
  if (fs::exists(original)) {
    if (same_file(path, original)) {
      // rename(2) of two names of one file does nothing and leaves both.
      durable::remove(original);
    } else {
      if (sqlite) remove_companions(path);
      durable::rename(original, path);
    }
  } else if (!existed && !fs::exists(shadow)) {
    if (sqlite) remove_companions(path);
    durable::remove(path);
  }
  if (sqlite) bring_companions_back(path, run);
}

// Noted, since a way back must not depend on the generation that is being left.
void note_sqlite_files(Run& run) {
  if (run.note("sqlite_files")) return;
  Json list = Json::array();
  const auto& layout = run.layout();
  std::vector<Generation> both;  // a file may be of another kind now
  if (const auto next = run.note_text("generation"); !next.empty())
    both.push_back(Generation::load(layout.releases() / next));
  if (const auto installed = Generation::usable(layout)) both.push_back(*installed);
  for (const auto& generation : both)
    for (const auto& file : generation.spec().data_files)
      if (file.kind == "sqlite") list.push_back(data_path(layout, file).string());
  run.note("sqlite_files", list);
}

bool is_noted(const Run& run, const char* note, const fs::path& path) {
  auto list = run.note(note);
  return list && std::find(list->begin(), list->end(), Json(path.string())) != list->end();
}

bool is_sqlite(const Run& run, const fs::path& path) { return is_noted(run, "sqlite_files", path); }

// Changes of metadata are made on the file itself; the level in it tells whether that has happened.
void change_in_place(const Run& run, void (*change)(const migrations::DataFile&, const migrations::InPlaceChange&)) {
  const auto noted = run.note("in_place");
  if (!noted) return;
  for (const auto& [name, what] : noted->items())
    change({name, what.at("path").get<std::string>()}, migrations::InPlaceChange::from_json(what.at("change")));
}

Json inode_of(const fs::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return nullptr;
  return {{"inode", facts.st_ino}};
}

// A disk may have another number after a restart, so only that of now counts: names of one file are on one disk.
bool is_made(const fs::path& other, const fs::path& path, const Json& made) {
  struct stat theirs {
  }, ours{};
  return ::stat(other.c_str(), &theirs) == 0 && ::stat(path.parent_path().c_str(), &ours) == 0 &&
         theirs.st_dev == ours.st_dev && made.at("inode") == theirs.st_ino;
}

// The new file as it was made, known before it takes the place of the old one.
void note_new_files(Run& run) {
  if (run.note("new_files")) return;
  auto files = Json::object();
  for (const auto& path : swaps_of(run)) files[path.string()] = inode_of(Layout::shadow(path, run.id()));
  run.note("new_files", files);
}

// Further names of a record file show what its own name shows; a name that was given another file meanwhile is left
// alone.
void relink(Run& run, const fs::path& path, const std::function<bool(const fs::path& other)>& is_ours) {
  const auto noted = run.note("other_names");
  if (!noted || !noted->contains(path.string())) return;
  const auto fresh = Layout::shadow(path, run.id()).string() + ".link";
  std::string names;
  for (const auto& name : noted->at(path.string())) {
    const fs::path other = name.get<std::string>();
    if (!is_ours(other)) continue;
    make_run_directory(path, run);
    durable::remove(fresh);
    durable::hard_link(path, fresh);
    durable::rename(fresh, other);
    names += (names.empty() ? "" : ", ") + other.string();
  }
  if (!names.empty()) run.say(msg::names_relinked, {{"path", path.string()}, {"names", names}});
}

void note_what_was(Run& run) {
  if (run.note("previous")) return;
  Json existing = Json::array();
  for (const auto& path : swaps_of(run))
    if (fs::exists(path)) existing.push_back(path.string());
  run.note("existing", existing);
  std::error_code none;
  run.note("previous", fs::read_symlink(run.layout().current(), none).string());
}

}  // namespace

void apply(Run& run) {
  const auto& layout = run.layout();
  note_sqlite_files(run);
  note_what_was(run);
  note_new_files(run);
  if (!worked_on(run).empty()) hold_gate(run);
  for (const auto& path : swaps_of(run)) {
    refuse_foreign_links(layout.root(), path.parent_path());
    if (is_noted(run, "leaves", path)) {
      set_aside(path, run.id(), is_sqlite(run, path));
      continue;
    }
    swap_in(path, run.id(), is_sqlite(run, path));
    relink(run, path, [&](const fs::path& other) { return same_file(other, Layout::original(path, run.id())); });
  }
  change_in_place(run, migrations::apply_in_place);
  const auto generation = run.note_text("generation");
  if (generation.empty()) {
    durable::remove(layout.current());
    return;
  }
  const auto target = fs::path("releases") / generation;
  std::error_code none;
  if (fs::read_symlink(layout.current(), none) != target) durable::flip_link(layout.current(), target);
  run.say(msg::activated,
          {{"level", Generation::load(layout.product_base() / target).level()}, {"generation", generation}});
}

void revert(Run& run) {
  const auto& layout = run.layout();
  auto previous = run.note("previous");
  if (!previous) return;  // nothing was begun
  change_in_place(run, migrations::revert_in_place);
  auto existing = run.note("existing");
  const auto files = run.note("new_files");
  for (const auto& path : swaps_of(run)) {
    const bool existed = std::find(existing->begin(), existing->end(), Json(path.string())) != existing->end();
    swap_back(path, run.id(), is_sqlite(run, path), existed);
    const auto made = files ? files->value(path.string(), Json()) : Json();
    if (!made.is_null()) relink(run, path, [&](const fs::path& other) { return is_made(other, path, made); });
  }
  const auto target = previous->get<std::string>();
  std::error_code none;
  if (target.empty())
    durable::remove(layout.current());
  else if (fs::read_symlink(layout.current(), none) != target)
    durable::flip_link(layout.current(), target);
}

}  // namespace dfi::steps::activate
