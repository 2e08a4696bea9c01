// SPDX-License-Identifier: Apache-2.0
#include "checks/checks.hpp"
#include "messages/check.hpp"

namespace dfi::checks {

Findings version_path(const std::optional<Generation>& installed, const Manifest& target) {
  if (!installed) return {{Severity::note, {msg::first_installation, {{"version", target.version}}}}};
  const auto& manifest = installed->manifest;
  auto have = Version::parse(manifest.version, manifest.ptf_level);
  auto want = Version::parse(target.version, target.ptf_level);
  Args args{{"installed", installed->level()}, {"version", target.version}};
  if (have < want) return {{Severity::note, {msg::version_step, args}}};
  if (want < have) return {{Severity::blocker, {msg::version_older, args}}};
  if (!installed->ptfs.empty()) return {{Severity::blocker, {msg::version_same_patched, args}}};
  return {{Severity::blocker, {msg::version_same, args}}};
}

}  // namespace dfi::checks
