// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/route.hpp"

#include <fmt/core.h>

#include <cstring>
#include <map>
#include <tuple>

namespace dfi::migrations {
namespace {

struct Way {
  std::size_t passes = 0;
  std::vector<const Conversion*> steps;

  auto rank() const {
    std::vector<std::string> names;
    for (const auto* step : steps) names.push_back(step->name);
    return std::make_tuple(passes, steps.size(), std::move(names));
  }
};

/// Whether `next` is done in the pass that ends with `last`.
bool joins(const Conversion* last, const Conversion& next, bool fuse) {
  return fuse && last && last->kind == PassKind::records &&
         (next.kind == PassKind::records || next.kind == PassKind::load);
}

/// "5.92"
std::string release_of(const Conversion& conversion) { return conversion.origin.parent_path().filename(); }

std::vector<const Conversion*> latest(const std::vector<const Conversion*>& conversions) {
  std::map<std::pair<int, int>, const Conversion*> found;
  for (const auto* one : conversions) {
    const auto [at, added] = found.try_emplace({one->from, one->to}, one);
    if (!added && ::strverscmp(release_of(*one).c_str(), release_of(*at->second).c_str()) > 0) at->second = one;
  }
  std::vector<const Conversion*> result;
  for (const auto& entry : found) result.push_back(entry.second);
  return result;
}

Route in_passes(const Way& way, bool fuse) {
  Route route;
  const Conversion* last = nullptr;
  for (const auto* step : way.steps) {
    if (!joins(last, *step, fuse)) route.push_back({step->kind, {}});
    route.back().kind = step->kind;
    route.back().steps.push_back({step->name, step->from, step->to});
    last = step;
  }
  return route;
}

}  // namespace

void refuse_twins(const std::map<std::string, Conversion>& conversions) {
  std::map<std::tuple<std::string, int, int, std::string>, std::string> names;
  for (const auto& [name, one] : conversions) {
    const auto [twin, added] = names.try_emplace({one.file, one.from, one.to, release_of(one)}, name);
    if (!added)
      throw malformed(
          one.origin, 1,
          fmt::format("{} of the same release leads {} from {} to {}, too", twin->second, one.file, one.from, one.to));
  }
}

std::optional<Route> find_route(const std::vector<const Conversion*>& conversions, int from, int to, bool fuse) {
  // Every conversion leads upwards, so levels in rising order see all ways to them before they are left. Two ways to a
  // level can only differ in what follows if one of them ends in a pass that may be gone on with.
  const auto steps = latest(conversions);
  std::map<std::pair<int, bool>, Way> best{{{from, false}, {}}};
  for (auto at = best.begin(); at != best.end(); ++at) {
    const auto [level, open] = at->first;
    const Way way = at->second;
    for (const auto* next : steps) {
      if (next->from != level || next->to > to) continue;
      auto longer = way;
      const auto* last = way.steps.empty() ? nullptr : way.steps.back();
      if (!joins(last, *next, fuse)) ++longer.passes;
      longer.steps.push_back(next);
      auto [there, added] = best.try_emplace({next->to, next->kind == PassKind::records}, longer);
      if (!added && longer.rank() < there->second.rank()) there->second = std::move(longer);
    }
  }
  const Way* found = nullptr;
  for (bool open : {false, true})
    if (auto at = best.find({to, open}); at != best.end() && (!found || at->second.rank() < found->rank()))
      found = &at->second;
  if (!found) return std::nullopt;
  return in_passes(*found, fuse);
}

}  // namespace dfi::migrations
