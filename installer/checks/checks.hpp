// SPDX-License-Identifier: Apache-2.0
// Preconditions of a change. Every check returns findings; one finding type feeds screen, JSON, plan and the runs.
// One check per file. Nothing here changes anything.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/message.hpp"
#include "core/generation.hpp"
#include "core/layout.hpp"
#include "core/manifest.hpp"
#include "migrations/engine/engine.hpp"
#include "system/system.hpp"

namespace dfi {

enum class Severity { note, warning, blocker };

struct Finding {
  Severity severity;
  Message message;
  Json details = Json::object();  // facts for machines
};
using Findings = std::vector<Finding>;

/// One data file on the way to a release.
struct DataFilePlan {
  DataFileSpec target;
  migrations::DataFile file;
  bool exists = false;
  int level = 0;  // found on disk
  migrations::Route route;
  std::vector<migrations::Step> steps;  // of the route
  std::uintmax_t bytes = 0;
  std::vector<migrations::Dependent> dependents;
};

migrations::DataFile to_engine(const Layout& layout, const DataFileSpec& file);
/// Levels, paths and dependents of every data file of `target`. Throws what the catalogue throws (level_unknown,
/// no_path).
std::vector<DataFilePlan> plan_data_files(const Layout& layout, const Manifest& target,
                                          const migrations::Catalogue& catalogue);

namespace checks {

/// Features 53, 54, 73: only an older version is updated; the same one is told that only TMSHOTPTF is needed.
Findings version_path(const std::optional<Generation>& installed, const Manifest& target);
/// Features 76, 77, 81, 90, 91: holders of product and data. Own services which dfinstall stops itself are notes.
Findings active(const Layout& layout, const ProductSpec& spec, ServiceManager& services);
/// Features 67, 71: files in the product tree that were never delivered, and delivered ones that were changed.
Findings foreign_objects(const Layout& layout, const Generation& installed);
/// Features 70, 71: views, indexes and triggers users put on data files that will be converted.
Findings dependents(const std::vector<DataFilePlan>& files);
/// Feature 66: real sizes against free space, per file system.
struct SpaceNeed {
  fs::path mount_point;
  std::uintmax_t needed, free_bytes;
};
std::vector<SpaceNeed> space_needs(const Layout& layout, const Manifest* target,
                                   const std::vector<DataFilePlan>& files);
Findings space(const std::vector<SpaceNeed>& needs);

}  // namespace checks

bool blocks(const Findings& findings);
/// Throws the first blocker as an Error with its exit code, if there is one.
void throw_first_blocker(const Findings& findings);
Json to_json(const Findings& findings, Language language);

}  // namespace dfi
