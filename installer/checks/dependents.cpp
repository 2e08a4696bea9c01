// SPDX-License-Identifier: Apache-2.0
#include "checks/checks.hpp"
#include "messages/check.hpp"
#include "messages/rehearse.hpp"

namespace dfi::checks {
namespace {

Finding finding_of(const DataFilePlan& file, const migrations::Dependent& dependent, const std::string& wish) {
  Json details{{"file", dependent.file}, {"type", dependent.type}, {"name", dependent.name}, {"sql", dependent.sql}};
  Args args{{"file", dependent.file}, {"type", dependent.type}, {"name", dependent.name}};
  if (wish == "abort") return {Severity::blocker, {msg::dependent_stops, args}, details};
  if (wish == "save-only") return {Severity::note, {msg::dependent_left, args}, details};
  // It would stay with the old records without a word.
  if (dependent.name == "?")
    return {Severity::blocker,
            {msg::other_name_hidden,
             {{"file", dependent.file}, {"path", file.file.path.string()}, {"hint", dependent.sql}}},
            details};
  return {Severity::note, {msg::dependent_found, args}, details};
}

}  // namespace

Findings dependents(const std::vector<DataFilePlan>& files, const ConversionChoices& choices) {
  Findings findings;
  for (const auto& file : files)
    if (file.converts())
      for (const auto& dependent : file.dependents) findings.push_back(finding_of(file, dependent, choices.dependents));
  return findings;
}

}  // namespace dfi::checks
