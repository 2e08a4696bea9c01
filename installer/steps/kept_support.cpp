// SPDX-License-Identifier: Apache-2.0
#include "steps/kept_support.hpp"

#include <algorithm>
#include <map>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "base/file.hpp"
#include "base/file_state.hpp"
#include "messages/rollback.hpp"
#include "steps/identity_support.hpp"

namespace dfi::steps {
namespace {

constexpr auto kept_note = "kept";
constexpr auto ends_note = "ends_update";

KeptFile file_from(const Json& json) {
  return {json.at("file").get<std::string>(),
          json.at("path").get<std::string>(),
          json.at("from").get<int>(),
          json.at("to").get<int>(),
          json.at("original"),
          json.at("change"),
          json.at("made").get<std::string>()};
}

KeptUpdate update_from(const Journal& journal, const RunRow& run, const Json& json) {
  KeptUpdate update;
  update.run = run.id;
  update.inputs = run.inputs;
  update.since = json.at("since").get<std::string>();
  update.level = json.at("level").get<std::string>();
  update.generation = json.at("generation").get<std::string>();
  update.backup = journal.note(run.id, "backup").value_or("").get<std::string>();
  for (const auto& file : json.at("files")) update.files.push_back(file_from(file));
  return update;
}

Json swapped_file(const Run& run, const DataFileSpec& spec, const fs::path& path) {
  Json file{{"file", spec.name},   {"path", path.string()}, {"from", spec.level}, {"to", spec.level},
            {"original", nullptr}, {"change", nullptr},     {"made", ""}};
  const auto original = Layout::original(path, run.id());
  const auto results = run.note("conversions");
  if (!results || !results->contains(spec.name) || !fs::exists(original)) return file;
  const auto& result = results->at(spec.name);
  file["from"] = result.at("from");
  file["original"] = {{"path", original.string()},
                      {"facts", file_state(original)},
                      {"times_tell", true},
                      {"digest", result.at("input_digest")}};
  file["made"] = result.at("output_digest");
  return file;
}

Json files_of(const Run& run, const ProductSpec& spec) {
  Json files = Json::array();
  const auto swaps = swaps_of(run);
  const auto in_place = run.note("in_place").value_or(Json::object());
  for (const auto& file : spec.data_files) {
    const auto path = data_path(run.layout(), file);
    if (std::find(swaps.begin(), swaps.end(), path) != swaps.end()) {
      files.push_back(swapped_file(run, file, path));
    } else if (in_place.contains(file.name)) {
      const auto& change = in_place.at(file.name).at("change");
      files.push_back({{"file", file.name},
                       {"path", path.string()},
                       {"from", change.at("from")},
                       {"to", change.at("to")},
                       {"original", nullptr},
                       {"change", change},
                       {"made", ""}});
    }
  }
  return files;
}

bool changed_old_data(const Json& files) {
  return std::any_of(files.begin(), files.end(), [](const auto& file) { return !file_from(file).created(); });
}

// By the last run that made one the active one, not by times: the clock may have been set back.
std::vector<fs::path> last_used_first(const Run& run, const fs::path& active) {
  std::map<std::string, int> used;
  for (const auto& row : run.journal().runs())
    if (const auto name = run.journal().note(row.id, "generation")) used.emplace(name->get<std::string>(), row.id);
  std::vector<std::pair<int, fs::path>> found;
  for (const auto& entry : fs::directory_iterator(run.layout().releases())) {
    const auto name = entry.path().filename();
    if (name != active && fs::exists(entry.path() / generation_file)) found.emplace_back(used[name], entry.path());
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<fs::path> paths;
  for (auto& entry : found) paths.push_back(std::move(entry.second));
  return paths;
}

}  // namespace

std::uintmax_t KeptUpdate::bytes(const Layout& layout) const {
  auto sum = tree_size(layout.kept(run)) + (first() ? 0 : tree_size(layout.releases() / generation));
  for (const auto& file : files) {
    std::error_code none;
    const auto size = fs::file_size(Layout::original(file.path, run), none);
    sum += none ? 0 : size;
  }
  return sum;
}

std::optional<KeptUpdate> kept_update(const Journal& journal) {
  std::vector<Json> ended;
  for (const auto& run : journal.runs()) {
    if (const auto ends = journal.note(run.id, ends_note)) ended.push_back(*ends);
    if (run.verb != "update" || run.outcome != Outcome::done) continue;
    const auto kept = journal.note(run.id, kept_note);
    if (!kept) continue;
    if (std::find(ended.begin(), ended.end(), Json(run.id)) != ended.end()) return std::nullopt;
    return update_from(journal, run, *kept);
  }
  return std::nullopt;
}

void note_kept(Run& run) {
  if (run.note(kept_note)) return;
  const auto current = Generation::current(run.layout());
  require(current.has_value(), "an update is kept after its pivot");
  const auto files = files_of(run, current->spec());
  std::string level, generation;
  if (const fs::path previous = run.note_text("previous"); !previous.empty()) {
    const auto old = Generation::load(run.layout().product_base() / previous);
    level = old.level();
    generation = old.name;
  } else if (!changed_old_data(files)) {
    return;
  }
  run.note(kept_note, {{"since", now_utc()}, {"level", level}, {"generation", generation}, {"files", files}});
  run.say(generation.empty() ? msg::data_kept : msg::update_kept, {{"level", level}});
}

std::optional<std::string> remove_kept_update(Run& run) {
  // Noted by an earlier try: what it began to remove is no kept update any more.
  const auto noted = run.note(ends_note);
  const auto update = noted ? std::nullopt : kept_update(run.journal());
  if (!noted && !update) return std::nullopt;
  const int id = noted ? noted->get<int>() : update->run;
  run.note(ends_note, id);
  const auto kept = run.journal().note(id, kept_note);
  for (const auto& file : kept->at("files")) remove_run_directory(file.at("path").get<std::string>(), id);
  durable::remove_tree(run.layout().kept(id));
  return kept->at("level").get<std::string>();
}

void end_kept_update(Run& run) {
  if (const auto level = remove_kept_update(run))
    run.say(level->empty() ? msg::data_ended : msg::update_ended,
            {{"run", run_name(run.note(ends_note)->get<int>(), "update")}, {"level", *level}});
}

void prune_generations(const Run& run) {
  const auto& layout = run.layout();
  const auto keep = static_cast<std::size_t>(std::max(1, HostConfig::load(layout.root()).keep_generations));
  const auto active = fs::read_symlink(layout.current()).filename();
  const auto own = run.note(kept_note);
  const auto other = kept_update(run.journal());
  const fs::path kept = own ? own->at("generation").get<std::string>() : other ? other->generation : "";
  const auto others = last_used_first(run, active);
  for (std::size_t i = keep - 1; i < others.size(); ++i)
    if (others[i].filename() != kept) durable::remove_tree(others[i]);
}

}  // namespace dfi::steps
