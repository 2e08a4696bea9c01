// SPDX-License-Identifier: Apache-2.0
// A release looked at without installing it: what `plan` and `check RELEASE` share.
#pragma once
#include <optional>

#include "checks/checks.hpp"
#include "cli/context.hpp"
#include "core/generation.hpp"

namespace dfi::cli {

struct Preview {
  Manifest target;
  std::vector<DataFilePlan> files;
};

/// Fetches the release into the depot, verifies it and reads its manifest and definitions. Changes nothing else.
Preview preview_release(Context& context, const Layout& layout);
/// Every check of an update. Without `preview`: what can be said of the installed product alone.
Findings all_findings(const Layout& layout, const std::optional<Generation>& installed, const Preview* preview);

}  // namespace dfi::cli
