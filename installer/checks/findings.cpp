// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.hpp"
#include "checks/checks.hpp"

namespace dfi {

bool blocks(const Findings& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const auto& f) { return f.severity == Severity::blocker; });
}

void throw_first_blocker(const Findings& findings) {
  for (const auto& finding : findings)
    if (finding.severity == Severity::blocker) throw Error(finding.message.id, finding.message.args);
}

Json to_json(const Findings& findings, Language language) {
  Json list = Json::array();
  for (const auto& finding : findings) {
    const char* severity = finding.severity == Severity::blocker   ? "blocker"
                           : finding.severity == Severity::warning ? "warning"
                                                                   : "note";
    list.push_back({{"severity", severity},
                    {"id", message_id(finding.message.id)},
                    {"name", finding.message.id.name},
                    {"text", text(finding.message, language)},
                    {"recovery", recovery(finding.message, language)},
                    {"details", finding.details}});
  }
  return list;
}

}  // namespace dfi
