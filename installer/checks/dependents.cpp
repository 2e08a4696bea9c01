// SPDX-License-Identifier: Apache-2.0
#include "checks/checks.hpp"
#include "messages/check.hpp"

namespace dfi::checks {

Findings dependents(const std::vector<DataFilePlan>& files) {
  Findings findings;
  for (const auto& file : files) {
    if (file.steps.empty()) continue;
    for (const auto& dependent : file.dependents)
      findings.push_back(
          {Severity::note,
           {msg::dependent_found, {{"file", dependent.file}, {"type", dependent.type}, {"name", dependent.name}}},
           {{"file", dependent.file}, {"type", dependent.type}, {"name", dependent.name}, {"sql", dependent.sql}}});
  }
  return findings;
}

}  // namespace dfi::checks
