// SPDX-License-Identifier: Apache-2.0
// dfinstall plan [RELEASE]: what update would do, on one screen, changing nothing. The digest names exactly this plan.
#include <fmt/core.h>

#include <set>

#include "base/file.hpp"
#include "base/hash.hpp"
#include "cli/preview.hpp"
#include "messages/cli.hpp"
#include "steps/plans.hpp"

namespace dfi::cli {
namespace {

struct ObjectCounts {
  std::size_t fresh = 0, changed = 0, removed = 0, same = 0;
  std::uintmax_t bytes = 0;
};

ObjectCounts count_objects(const std::optional<Generation>& installed, const Manifest& target) {
  ObjectCounts counts;
  std::map<std::string, std::string> old;
  if (installed)
    for (const auto& object : installed->manifest.objects) old[object.path] = object.sha256;
  for (const auto& object : target.objects) {
    counts.bytes += object.size;
    auto found = old.find(object.path);
    if (found == old.end())
      ++counts.fresh;
    else if (found->second == object.sha256)
      ++counts.same;
    else
      ++counts.changed;
    if (found != old.end()) old.erase(found);
  }
  counts.removed = old.size();
  return counts;
}

Json show_files(Context& context, const std::vector<DataFilePlan>& files) {
  Json list = Json::array();
  for (const auto& file : files) {
    Json steps = Json::array();
    std::string names;
    for (const auto& step : file.steps) {
      steps.push_back(step.conversion);
      names += (names.empty() ? "" : ", ") + step.conversion;
    }
    Args args{{"file", file.target.name},
              {"from", std::to_string(file.level)},
              {"to", std::to_string(file.target.level)},
              {"conversions", names},
              {"bytes", std::to_string(file.bytes)}};
    context.line("  " + context.say(!file.exists         ? msg::plan_file_new
                                    : file.steps.empty() ? msg::plan_file_same
                                                         : msg::plan_file,
                                    args));
    list.push_back({{"file", file.target.name},
                    {"from", file.exists ? Json(file.level) : Json(nullptr)},
                    {"to", file.target.level},
                    {"conversions", steps},
                    {"bytes", file.bytes}});
  }
  return list;
}

// Bytes per second of the last run that measured them; nothing if none did.
std::optional<double> measured_rate(const Layout& layout) {
  auto journal = Journal::open(layout.journal(), false);
  if (!journal) return std::nullopt;
  for (const auto& run : journal->runs())
    if (auto rate = journal->note(run.id, "rate"))
      return rate->at("bytes").get<double>() / std::max(0.001, rate->at("seconds").get<double>());
  return std::nullopt;
}

void show_time(Context& context, const Layout& layout, const std::vector<DataFilePlan>& files) {
  constexpr double assumed_rate = 40e6, restart_seconds = 2;
  auto rate = measured_rate(layout);
  auto bytes = static_cast<double>(tree_size(layout.data()) + tree_size(layout.config()));
  std::error_code none;
  if (auto current = fs::canonical(layout.current(), none); !none) bytes += static_cast<double>(tree_size(current));
  // A conversion reads and writes its file; measured here it costs about as much as saving it twice.
  for (const auto& file : files) bytes += file.steps.empty() ? 0.0 : 2.0 * static_cast<double>(file.bytes);
  const double seconds = restart_seconds + bytes / rate.value_or(assumed_rate);
  context.line("  " + context.say(msg::plan_time,
                                  {{"seconds", fmt::format("{:.0f}", seconds)},
                                   {"basis", context.say(rate ? msg::plan_time_measured : msg::plan_time_assumed)}}));
  context.result["expected_downtime"] = {{"seconds", seconds}, {"measured", rate.has_value()}};
}

void show_services(Context& context, const Layout& layout, const std::optional<Generation>& installed) {
  Json list = Json::array();
  std::string names;
  if (installed) {
    auto manager = service_manager(layout.root(), layout.state());
    for (const auto& service : installed->services(layout))
      if (manager->running(service)) {
        list.push_back(service.name);
        names += (names.empty() ? "" : ", ") + service.name;
      }
  }
  context.line("  " + context.say(msg::plan_services, {{"services", names.empty() ? "-" : names}}));
  context.result["services"] = list;
}

}  // namespace

int show_plan(Context& context) {
  auto layout = context.layout();
  auto installed = Generation::current(layout);
  auto preview = preview_release(context, layout);
  auto counts = count_objects(installed, preview.target);
  context.line(msg::plan_release, {{"installed", installed ? installed->level() : "-"},
                                   {"version", preview.target.version},
                                   {"product", preview.target.product},
                                   {"objects", std::to_string(preview.target.objects.size())},
                                   {"bytes", std::to_string(counts.bytes)}});
  Json steps = Json::array();
  for (std::size_t i = 0; i < update_plan.size; ++i) {
    context.line(fmt::format("  {:2}. {}", i + 1, context.say(update_plan.steps[i].title)));
    steps.push_back(update_plan.steps[i].id);
  }
  context.line("  " + context.say(msg::plan_objects, {{"new", std::to_string(counts.fresh)},
                                                      {"changed", std::to_string(counts.changed)},
                                                      {"removed", std::to_string(counts.removed)},
                                                      {"same", std::to_string(counts.same)}}));
  Json plan{{"installed", installed ? Json(installed->level()) : Json(nullptr)},
            {"version", preview.target.version},
            {"steps", steps},
            {"objects",
             {{"new", counts.fresh}, {"changed", counts.changed}, {"removed", counts.removed}, {"same", counts.same}}},
            {"data_files", show_files(context, preview.files)}};
  if (installed && !installed->ptfs.empty()) {
    std::string ptfs;
    for (const auto& ptf : installed->ptfs) ptfs += (ptfs.empty() ? "" : ", ") + ptf.id;
    context.line("  " + context.say(msg::plan_ptfs_lost, {{"ptfs", ptfs}}));
  }
  show_services(context, layout, installed);
  show_time(context, layout, preview.files);
  auto findings = all_findings(layout, installed, &preview);
  context.print(findings);
  context.line(msg::plan_way_back);
  const auto digest = sha256(plan.dump() + sha256(preview.target.to_json().dump())).substr(0, 16);
  context.line(msg::plan_digest, {{"digest", digest}});
  context.result["plan"] = plan;
  context.result["digest"] = digest;
  context.result["findings"] = to_json(findings, context.options.language);
  return 0;
}

}  // namespace dfi::cli
