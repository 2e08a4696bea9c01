// SPDX-License-Identifier: Apache-2.0
// backup: product and data into two archives, read back and compared; only then it counts. An update does not go on
// without it (feature 96).
#include "messages/backup.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "core/backup_set.hpp"
#include "messages/step.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::backup {
namespace {

// "2026-11-23T04:15:00.123Z" → "20261123T041500"
std::string compact(const std::string& utc) {
  std::string text;
  for (char c : utc.substr(0, 19))
    if (c != '-' && c != ':') text += c;
  return text;
}

// Behind all others. The clock may have been set back since the last one.
std::int64_t number_of(const Layout& layout, const std::string& id) {
  for (const auto& set : BackupSet::list(layout))
    if (set.id != id) return set.number + 1;
  return 1;
}

bool has_data(const Layout& layout, const ProductSpec& spec) {
  return std::any_of(spec.data_files.begin(), spec.data_files.end(),
                     [&](const auto& file) { return fs::exists(data_path(layout, file)); });
}

/// `generation`: nothing where a first installation takes over data that are there already.
void save(Run& run, const std::optional<Generation>& generation, const ProductSpec& spec) {
  const auto& layout = run.layout();
  if (run.note_text("backup").empty()) run.note("backup", compact(now_utc()) + "-" + std::to_string(run.id()));
  BackupSet set;
  set.id = run.note_text("backup");
  set.directory = layout.backups() / set.id;
  set.created = now_utc();
  set.number = number_of(layout, set.id);
  set.product = layout.product();
  if (generation) set.level = generation->level();
  durable::make_directories(layout.backups(), 0700);
  durable::make_directories(set.directory, 0700);
  const auto begun = monotonic_ms();
  auto progress = [&](std::uint64_t done, std::uint64_t total) {
    run.may_go_on();
    run.reporter().progress(done, total);
  };
  std::vector<std::string> archives{spec.save_data};
  if (generation) archives.insert(archives.begin(), spec.save_product);
  run.each(archives, [&](const std::string& name) {
    const bool product = name == spec.save_product;
    auto archive = product ? save_product(layout, *generation, set.directory, progress)
                           : save_data(layout, spec, set.directory, progress);
    run.note("archive " + name, to_json(archive));
  });
  if (generation) set.product_archive = backup_archive_from(*run.note("archive " + spec.save_product));
  set.data_archive = backup_archive_from(*run.note("archive " + spec.save_data));
  set.verify(progress);
  complete_backup(set);
  // For the predictions of `plan`.
  run.note("rate", {{"bytes", set.bytes()}, {"seconds", static_cast<double>(monotonic_ms() - begun) / 1000}});
  run.say(msg::backup_made,
          {{"id", set.id}, {"files", std::to_string(set.files())}, {"bytes", std::to_string(set.bytes())}});
}

}  // namespace

void apply(Run& run) {
  const auto generation = Generation::current(run.layout());
  const auto spec = generation ? generation->spec() : *target_manifest(run).spec;
  if (!generation && !has_data(run.layout(), spec)) return;  // first installation: nothing there to lose
  if (run.verb() != "backup create") hold_gate(run);
  throw_first_blocker(checks::space(checks::space_needs(run.layout(), nullptr, {})));
  try {
    save(run, generation, spec);
  } catch (const Error& e) {
    if (e.message().id == msg::backup_damaged || e.message().id == msg::backup_impossible) throw;
    if (wants_to_stop(e)) throw;
    throw Error(msg::backup_failed, {{"reason", e.what()}});
  }
}

// A complete backup stays; one that was not finished is worth nothing and takes space.
void revert(Run& run) {
  const auto id = run.note_text("backup");
  if (id.empty()) return;
  const auto directory = run.layout().backups() / id;
  if (!fs::exists(directory / "backup.json")) durable::remove_tree(directory);
}

}  // namespace dfi::steps::backup
