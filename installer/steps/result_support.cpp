// SPDX-License-Identifier: Apache-2.0
#include "steps/result_support.hpp"

#include <fmt/core.h>

#include "messages/rehearse.hpp"
#include "messages/step.hpp"

namespace dfi::steps {
namespace {

using Result = migrations::Catalogue::Result;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Json to_json(const DataFilePlan& plan, const Result& result, double seconds) {
  Json totals = Json::array();
  for (const auto& total : result.totals)
    totals.push_back(
        {{"conversion", total.conversion}, {"field", total.field}, {"before", total.before}, {"after", total.after}});
  return {{"file", plan.target.name},
          {"conversions", route_text(plan.route)},
          {"from", plan.level},
          {"to", plan.target.level},
          {"rows_before", result.rows_before},
          {"rows_after", result.rows_after},
          {"rejected", result.rejected},
          {"bytes_before", result.bytes_before},
          {"bytes_after", result.bytes_after},
          {"totals", totals},
          {"recreated", result.recreated},
          {"not_carried", result.not_carried},
          {"saved_only", result.saved_only},
          {"input_digest", result.input_digest},
          {"output_digest", result.output_digest},
          {"went_on_at", result.went_on_at},
          {"seconds", seconds}};
}

void tell(Run& run, const DataFilePlan& plan, const Result& result, double seconds) {
  const auto& name = plan.target.name;
  run.say(msg::file_converted, {{"file", name},
                                {"conversions", route_text(plan.route)},
                                {"before", std::to_string(result.rows_before)},
                                {"after", std::to_string(result.rows_after)}});
  run.say(msg::conversion_detail, {{"file", name},
                                   {"rejected", std::to_string(result.rejected)},
                                   {"bytes_before", std::to_string(result.bytes_before)},
                                   {"bytes_after", std::to_string(result.bytes_after)},
                                   {"seconds", fmt::format("{:.1f}", seconds)}});
  if (result.went_on_at > 0)
    run.say(msg::conversion_went_on, {{"file", name}, {"record", std::to_string(result.went_on_at)}});
  for (const auto& total : result.totals)
    run.say(msg::control_total, {{"file", name},
                                 {"conversion", total.conversion},
                                 {"field", total.field},
                                 {"before", total.before},
                                 {"after", total.after}});
  if (!result.recreated.empty())
    run.say(msg::dependents_recreated, {{"file", name}, {"names", joined(result.recreated)}});
  if (!result.input_digest.empty() && !result.output_digest.empty())
    run.say(msg::digests_noted, {{"file", name}, {"before", result.input_digest}, {"after", result.output_digest}});
  if (!result.not_carried.empty()) run.warn(msg::not_carried, {{"file", name}, {"names", joined(result.not_carried)}});
}

// Kept with the run: what `plan` and `rehearse` predict with, and what the document of the run says.
void note_result(Run& run, const DataFilePlan& plan, const Result& result, double seconds) {
  auto results = run.note("conversions").value_or(Json::object());
  results[plan.target.name] = to_json(plan, result, seconds);
  run.note("conversions", results);
  if (result.went_on_at > 0) return;  // this process did a part of the work only
  run.note("rate " + plan.target.name + "/" + route_kinds(plan.route),
           {{"bytes", plan.estimate.bytes_in}, {"seconds", seconds}});
}

}  // namespace

void tell_result(Run& run, const DataFilePlan& plan, const Result& result, double seconds) {
  note_result(run, plan, result, seconds);
  tell(run, plan, result, seconds);
}

}  // namespace dfi::steps
