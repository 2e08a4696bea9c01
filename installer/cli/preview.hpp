// SPDX-License-Identifier: Apache-2.0
// A release looked at without installing it: what `plan` and `check RELEASE` share.
#pragma once
#include <optional>

#include "base/durable.hpp"
#include "checks/checks.hpp"
#include "cli/context.hpp"
#include "core/generation.hpp"

namespace dfi::cli {

struct Preview {
  Manifest target;
  std::vector<DataFilePlan> files;
  ConversionChoices choices;
};

/// Definitions of a release in a private directory, gone with the object.
class UnpackedDefinitions {
 public:
  /// Fetches the release into the depot, verifies it and unpacks.
  UnpackedDefinitions(Context& context, const Layout& layout);
  UnpackedDefinitions(const UnpackedDefinitions&) = delete;
  UnpackedDefinitions& operator=(const UnpackedDefinitions&) = delete;
  ~UnpackedDefinitions();
  const Manifest& target() const { return target_; }
  const fs::path& directory() const { return directory_; }

 private:
  fs::path directory_;
  Manifest target_;
};
/// Plans of all data files; if that fails, the better answer of another check: release too old, file locked.
std::vector<DataFilePlan> plan_or_explain(const Layout& layout, const Manifest& target, const fs::path& definitions,
                                          const ConversionChoices& choices);
/// Path, records, bytes, space, time and dependents of one file, on a line and for machines.
void show_file(Context& context, const DataFilePlan& file, const Prediction& prediction);
Json file_json(const DataFilePlan& file);

/// Fetches the release into the depot, verifies it and reads its manifest and definitions. Changes nothing else.
Preview preview_release(Context& context, const Layout& layout);
/// Every check of an update. Without `preview`: what can be said of the installed product alone.
Findings all_findings(const Layout& layout, const std::optional<Generation>& installed, const Preview* preview);

}  // namespace dfi::cli
