// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "base/file.hpp"
#include "base/hash.hpp"
#include "checks/checks.hpp"
#include "messages/check.hpp"

namespace dfi::checks {

Findings foreign_objects(const Layout&, const Generation& installed) {
  Findings findings;
  std::map<std::string, const Object*> delivered;
  for (const auto& object : installed.manifest.objects) delivered[object.path] = &object;
  for (const auto& entry : walk(installed.path)) {
    if (entry.kind == EntryKind::directory || entry.path == generation_file) continue;
    const auto path = entry.path.string();
    auto found = delivered.find(path);
    if (found == delivered.end()) {
      findings.push_back(
          {Severity::warning, {msg::object_foreign, {{"object", path}}}, {{"object", path}, {"state", "foreign"}}});
      continue;
    }
    const auto& object = *found->second;
    if (entry.kind != EntryKind::file || entry.size != object.size ||
        sha256_file(installed.path / path) != object.sha256)
      findings.push_back(
          {Severity::warning, {msg::object_modified, {{"object", path}}}, {{"object", path}, {"state", "modified"}}});
    delivered.erase(found);
  }
  for (const auto& [path, object] : delivered)
    findings.push_back(
        {Severity::warning, {msg::object_missing, {{"object", path}}}, {{"object", path}, {"state", "missing"}}});
  return findings;
}

}  // namespace dfi::checks
