// SPDX-License-Identifier: Apache-2.0
#include "steps/correction_support.hpp"

#include <algorithm>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "messages/rehearse.hpp"
#include "steps/conversion_support.hpp"
#include "steps/plans.hpp"

namespace dfi::steps {
namespace {

fs::path definitions_of(const Run& run) { return run.layout().staging(run.id()) / "definitions"; }

void refuse(const fs::path& file, const std::string& reason) {
  throw Error(msg::correction_refused, {{"path", file.string()}, {"reason", reason}});
}

Manifest verified(const Run& run, const fs::path& file, const TrustedKeys& keys) {
  auto save_file = SaveFile::open(file, &keys);
  auto manifest = save_file.manifest();
  save_file.verify();
  if (manifest.type != "definitions" || !manifest.ptf) refuse(file, "type " + manifest.type);
  check_fits_here(file.string(), run.layout().product(), manifest.product, manifest.min_dfinstall, manifest.platform);
  const auto& versions = manifest.ptf->applies_to;
  if (std::find(versions.begin(), versions.end(), run.note_text("target")) == versions.end())
    refuse(file, "applies not to " + run.note_text("target"));
  return manifest;
}

// Whoever was interrupted says the same once more; by then the run may be past the pivot.
bool is_laid(const Run& run, const std::string& digest) {
  const auto laid = run.note("corrections_laid").value_or(Json::array());
  return std::find(laid.begin(), laid.end(), Json(digest)) != laid.end();
}

void check_time(const Run& run, const fs::path& file) {
  for (std::size_t i = 0; i < update_plan.size; ++i) {
    const auto& step = update_plan.steps[i];
    if (step.kind == StepKind::pivot && run.journal().last_mark(run.id(), step.id, ""))
      throw Error(msg::correction_late, {{"path", file.string()}});
  }
}

// What an object of this path may replace: what lies there, and what an earlier correction of it has replaced.
std::vector<std::string> replaceable(const Run& run, const std::string& path, const TrustedKeys& keys) {
  const auto staged = definitions_of(run) / path;
  std::vector<std::string> digests{fs::exists(staged) ? sha256_file(staged) : "absent"};
  const auto accepted = run.note("corrections").value_or(Json::array());
  for (const auto& earlier : accepted) {
    const auto save_file = SaveFile::open(fs::path(earlier.get<std::string>()), &keys);
    for (const auto& object : save_file.manifest().objects)
      if (object.path == path) digests.insert(digests.end(), object.replaces.begin(), object.replaces.end());
  }
  return digests;
}

// Made for these very definitions, not for others of the same version.
void check_replaced(const Run& run, const fs::path& file, const Manifest& manifest, const TrustedKeys& keys) {
  for (const auto& object : manifest.objects) {
    const auto there = replaceable(run, object.path, keys);
    if (there.front() == object.sha256) continue;  // laid already
    if (std::find_first_of(there.begin(), there.end(), object.replaces.begin(), object.replaces.end()) == there.end())
      refuse(file, object.path + " replaces another one than is here");
  }
}

// A new file has come from its format alone; the name of a format's definition is always FILE.LEVEL.toml.
void check_created_files(const Run& run, const Manifest& manifest) {
  for (const auto& plan : planned_files(run, migrations::Catalogue::load(definitions_of(run)))) {
    if (!plan.route.empty() || !is_finished(run, plan.target.name)) continue;
    const auto format = plan.target.name + "." + std::to_string(plan.target.level) + ".toml";
    for (const auto& object : manifest.objects)
      if (fs::path(object.path).filename() == format)
        throw Error(msg::correction_finished, {{"id", manifest.ptf->id}, {"file", plan.target.name}});
  }
}

// Digest of what has worked, or would have to work, on each finished file. Throws if no route leads there any more.
std::map<std::string, std::string> digests_of_finished(const Run& run, const fs::path& definitions) {
  const auto catalogue = migrations::Catalogue::load(definitions);
  std::map<std::string, std::string> digests;
  for (const auto& plan : planned_files(run, catalogue))
    if (is_finished(run, plan.target.name)) digests[plan.target.name] = catalogue.digest(plan.file, plan.route);
  return digests;
}

void check_finished_files(const Run& run, const fs::path& file, const std::string& id) {
  const auto trial = run.layout().staging(run.id()) / "correction-trial";
  durable::remove_tree(trial);
  fs::create_directories(trial / "new");
  fs::copy(definitions_of(run), trial / "all", fs::copy_options::recursive);
  auto keys = trusted_keys(run);
  SaveFile::open(file, &keys).unpack(trial / "new");
  fs::copy(trial / "new", trial / "all", fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  const auto before = digests_of_finished(run, definitions_of(run)), after = digests_of_finished(run, trial / "all");
  for (const auto& [name, digest] : before)
    if (after.at(name) != digest) throw Error(msg::correction_finished, {{"id", id}, {"file", name}});
  durable::remove_tree(trial);
}

}  // namespace

void accept_correction(Run& run, const fs::path& file) {
  if (run.verb() != "update") refuse(file, "run " + run.name());
  if (run.note_text("direction") == "back") throw Error(msg::correction_back, {{"path", file.string()}});
  const auto digest = sha256_file(file);
  if (is_laid(run, digest)) return;
  check_time(run, file);
  if (!fs::exists(definitions_of(run))) refuse(file, "run " + run.name());
  const auto keys = trusted_keys(run);
  const auto manifest = verified(run, file, keys);
  lay_corrections_over(run);  // those of an earlier resume
  check_replaced(run, file, manifest, keys);
  check_created_files(run, manifest);
  check_finished_files(run, file, manifest.ptf->id);
  auto accepted = run.note("corrections").value_or(Json::array());
  const auto kept = run.layout().staging(run.id()) / ("correction-" + std::to_string(accepted.size() + 1) + ".SAVF");
  durable::copy_file(fs::canonical(file), kept);
  accepted.push_back(kept.string());
  run.note("corrections", accepted);
  auto laid = run.note("corrections_laid").value_or(Json::array());
  laid.push_back(digest);
  run.note("corrections_laid", laid);
  std::string names;
  for (const auto& object : manifest.objects) names += (names.empty() ? "" : ", ") + object.path;
  run.say(msg::correction_laid, {{"id", manifest.ptf->id}, {"names", names}});
}

void lay_corrections_over(Run& run) {
  const auto accepted = run.note("corrections");
  if (!accepted) return;
  const auto keys = trusted_keys(run);
  const auto unpacked = run.layout().staging(run.id()) / "correction";
  for (const auto& path : *accepted) {
    durable::remove_tree(unpacked);
    durable::make_directories(unpacked, 0700);
    auto save_file = SaveFile::open(fs::path(path.get<std::string>()), &keys);
    save_file.unpack(unpacked);
    for (const auto& object : save_file.manifest().objects) {
      durable::make_directories((definitions_of(run) / object.path).parent_path());
      durable::copy_file(unpacked / object.path, definitions_of(run) / object.path);
    }
  }
  durable::remove_tree(unpacked);
}

}  // namespace dfi::steps
