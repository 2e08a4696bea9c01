// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/part_result.hpp"

namespace dfi::migrations {

Json to_json(const Catalogue::Result& result) {
  Json totals = Json::array();
  for (const auto& total : result.totals) totals.push_back({total.conversion, total.field, total.before, total.after});
  return {{"before", result.rows_before},         {"after", result.rows_after},
          {"rejected", result.rejected},          {"totals", totals},
          {"recreated", result.recreated},        {"saved_only", result.saved_only},
          {"not_carried", result.not_carried},    {"input_digest", result.input_digest},
          {"output_digest", result.output_digest}};
}

Catalogue::Result result_of(const Json& json) {
  Catalogue::Result result;
  result.rows_before = json.at("before").get<std::uint64_t>();
  result.rows_after = json.at("after").get<std::uint64_t>();
  result.rejected = json.at("rejected").get<std::uint64_t>();
  for (const auto& total : json.at("totals"))
    result.totals.push_back({total.at(0).get<std::string>(), total.at(1).get<std::string>(),
                             total.at(2).get<std::string>(), total.at(3).get<std::string>()});
  result.recreated = json.at("recreated").get<std::vector<std::string>>();
  result.saved_only = json.at("saved_only").get<std::vector<std::string>>();
  result.not_carried = json.at("not_carried").get<std::vector<std::string>>();
  result.input_digest = json.at("input_digest").get<std::string>();
  result.output_digest = json.at("output_digest").get<std::string>();
  return result;
}

void add(Catalogue::Result& whole, Catalogue::Result part, std::size_t index) {
  const bool first = index == 0;
  if (first) whole.rows_before = part.rows_before;
  if (first) whole.input_digest = part.input_digest;
  whole.rows_after = part.rows_after;
  whole.rejected += part.rejected;
  whole.output_digest = part.output_digest;
  if (part.went_on_at) whole.went_on_at = part.went_on_at;
  whole.recreated.insert(whole.recreated.end(), part.recreated.begin(), part.recreated.end());
  whole.saved_only.insert(whole.saved_only.end(), part.saved_only.begin(), part.saved_only.end());
  whole.not_carried.insert(whole.not_carried.end(), part.not_carried.begin(), part.not_carried.end());
  whole.totals.insert(whole.totals.end(), part.totals.begin(), part.totals.end());
}

}  // namespace dfi::migrations
