// SPDX-License-Identifier: Apache-2.0
#include "steps/removal_support.hpp"

#include "base/durable.hpp"
#include "base/file.hpp"
#include "steps/support.hpp"
#include "steps/units_support.hpp"

namespace dfi::steps {
namespace {

constexpr auto host_note = "host_objects";

void remove_host_objects(Run& run) {
  const auto& root = run.layout().root();
  std::vector<fs::path> files;
  std::vector<std::string> units;
  for (const auto& path : run.note(host_note).value_or(Json::array()).get<std::vector<std::string>>()) {
    if (!fs::exists(root / path)) continue;  // removed by an earlier try
    files.push_back(root / path);
    if (const auto unit = unit_of(path); !unit.empty()) units.push_back(unit);
  }
  dismiss_units(run, units);
  allow_units(run);
  for (const auto& file : files) durable::remove(file);
  if (run.services().kind() == "systemd") must_run({"systemctl", "daemon-reload"});
}

}  // namespace

void note_host_objects(Run& run, const Generation& generation, bool all) {
  constexpr std::string_view prefix = "lib/host/";
  Json paths = Json::array();
  for (const auto& object : generation.manifest.objects) {
    if (object.path.rfind(prefix, 0) != 0) continue;
    const auto path = object.path.substr(prefix.size());
    const auto there = read_file_if_exists(run.layout().root() / path);
    if (there && (all || *there == read_file(generation.path / object.path))) paths.push_back(path);
  }
  run.note(host_note, paths);
}

void remove_product(Run& run) {
  remove_host_objects(run);
  durable::remove_tree(run.layout().product_base());
  durable::remove_tree(run.layout().definitions());
}

void remove_if_empty(const Run& run, const std::vector<std::string>& paths) {
  for (const auto& path : paths) durable::remove_if_empty(run.layout().root() / path);
}

}  // namespace dfi::steps
