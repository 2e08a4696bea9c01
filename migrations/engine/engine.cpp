// SPDX-License-Identifier: Apache-2.0
// The small words of the engine's interface.
#include "migrations/engine/engine.hpp"

#include <charconv>

#include "base/database.hpp"
#include "base/durable.hpp"
#include "migrations/engine/kinds.hpp"

namespace dfi::migrations {

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::sqlite: return "sqlite";
    case Kind::config: return "config";
    case Kind::area: return "area";
    case Kind::records: return "records";
  }
  return "";
}

std::string_view pass_name(PassKind kind) {
  switch (kind) {
    case PassKind::records: return "records";
    case PassKind::load: return "load";
    case PassKind::sqlite: return "sqlite";
    case PassKind::fresh: return "fresh";
    case PassKind::in_place: return "in_place";
    case PassKind::config: return "config";
    case PassKind::area: return "area";
    case PassKind::external: return "external";
  }
  return "";
}

std::vector<Step> steps_of(const Route& route) {
  std::vector<Step> steps;
  for (const auto& pass : route) steps.insert(steps.end(), pass.steps.begin(), pass.steps.end());
  return steps;
}

bool RejectLimit::reached(std::uint64_t rejected, std::uint64_t all) const {
  if (records == 0 && share > 0) return static_cast<double>(rejected) > share * static_cast<double>(all);
  return rejected > records;
}

std::optional<RejectLimit> parse_reject_limit(const std::string& text) {
  RejectLimit limit;
  const char* end = text.data() + text.size();
  if (!text.empty() && text.back() == '%') {
    const auto read = std::from_chars(text.data(), end - 1, limit.share);
    if (read.ec != std::errc() || read.ptr != end - 1 || !(limit.share >= 0 && limit.share <= 100)) return std::nullopt;
    limit.share /= 100;
    return limit;
  }
  const auto read = std::from_chars(text.data(), end, limit.records);
  if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return limit;
}

Json Refusal::to_json() const {
  Json json{{"file", file},     {"conversion", conversion},
            {"record", record}, {"offset", offset},
            {"field", field},   {"hex", hex},
            {"kind", kind},     {"reason", text(reason, Language::english)}};
  if (!made_by.empty()) json["made_by"] = made_by;
  return json;
}

Json InPlaceChange::to_json() const {
  return {{"from", from}, {"to", to}, {"convert", convert}, {"revert", revert}, {"conversion", conversion}};
}

InPlaceChange InPlaceChange::from_json(const Json& json) {
  return {json.at("from").get<int>(), json.at("to").get<int>(), json.at("convert").get<std::string>(),
          json.at("revert").get<std::string>(), json.at("conversion").get<std::string>()};
}

void copy_live(const fs::path& from, const fs::path& to) {
  if (is_database(from))
    copy_database(from, to);
  else
    durable::copy_file(from, to);
}

}  // namespace dfi::migrations
