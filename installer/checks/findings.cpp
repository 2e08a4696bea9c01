// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.hpp"
#include "base/file.hpp"
#include "checks/checks.hpp"

namespace dfi {

migrations::DataFile to_engine(const Layout& layout, const DataFileSpec& file) {
  return {file.name, data_path(layout, file)};
}

std::vector<DataFilePlan> plan_data_files(const Layout& layout, const Manifest& target,
                                          const migrations::Catalogue& catalogue) {
  std::vector<DataFilePlan> plans;
  require(target.spec.has_value(), "a product manifest has a product_spec");
  for (const auto& spec : target.spec->data_files) {
    DataFilePlan plan;
    plan.target = spec;
    plan.file = to_engine(layout, spec);
    plan.exists = fs::exists(plan.file.path);
    if (plan.exists) {
      plan.bytes = fs::file_size(plan.file.path);
      plan.level = catalogue.level_of(plan.file);
      plan.route = catalogue.route(plan.file, plan.level, spec.level);
      plan.steps = migrations::steps_of(plan.route);
      plan.dependents = catalogue.dependents(plan.file, plan.level);
    }
    plans.push_back(std::move(plan));
  }
  return plans;
}

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
