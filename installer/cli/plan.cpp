// SPDX-License-Identifier: Apache-2.0
// dfinstall plan [RELEASE]: what update would do, on one screen, changing nothing. The digest names exactly this plan.
#include <fmt/core.h>

#include "base/hash.hpp"
#include "cli/preview.hpp"
#include "messages/cli.hpp"
#include "messages/deadline.hpp"
#include "steps/deadline_support.hpp"
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

Json show_files(Context& context, const std::vector<DataFilePlan>& files, const Prediction& prediction) {
  Json list = Json::array();
  for (const auto& file : files) {
    show_file(context, file, prediction);
    list.push_back(file_json(file));
  }
  return list;
}

void show_time(Context& context, const Prediction& prediction) {
  context.line("  " +
               context.say(msg::plan_time, {{"seconds", fmt::format("{:.0f}", prediction.seconds())},
                                            {"basis", context.say(prediction.measured ? msg::plan_time_measured
                                                                                      : msg::plan_time_assumed)}}));
  context.result["expected_downtime"] = {
      {"seconds", prediction.seconds()}, {"backup", prediction.backup},           {"drill", prediction.drill},
      {"restart", prediction.restart},   {"conversions", prediction.conversions}, {"measured", prediction.measured}};
}

// The same answer as that of `update` with this deadline, which would begin now.
void show_deadline(Context& context, const Json& deadline, const Prediction& prediction) {
  context.result["deadline"] = nullptr;
  if (deadline.is_null()) return;
  const auto then = deadline.get<std::int64_t>();
  const auto left = steps::seconds_until(then);
  context.result["deadline"] = {{"needed", prediction.seconds()}, {"left", left}};
  steps::require_time(then, prediction.seconds(), prediction.restart);
  context.line(msg::deadline_fits,
               {{"needed", fmt::format("{:.0f}", prediction.seconds())}, {"left", fmt::format("{:.0f}", left)}});
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
  const auto deadline = context.deadline();
  auto layout = context.layout();
  auto installed = Generation::current(layout);
  auto preview = preview_release(context, layout);
  const auto prediction = predict_downtime(layout, preview.files);
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
            {"data_files", show_files(context, preview.files, prediction)}};
  if (installed && !installed->ptfs.empty()) {
    std::string ptfs;
    for (const auto& ptf : installed->ptfs) ptfs += (ptfs.empty() ? "" : ", ") + ptf.id;
    context.line("  " + context.say(msg::plan_ptfs_lost, {{"ptfs", ptfs}}));
  }
  show_services(context, layout, installed);
  show_time(context, prediction);
  auto findings = all_findings(layout, installed, &preview);
  context.print(findings);
  context.line(installed ? msg::plan_way_back : msg::plan_way_back_first);
  const auto digest = sha256(plan.dump() + sha256(preview.target.to_json().dump())).substr(0, 16);
  context.line(msg::plan_digest, {{"digest", digest}});
  context.result["plan"] = plan;
  context.result["digest"] = digest;
  context.result["findings"] = to_json(findings, context.options.language);
  show_deadline(context, deadline, prediction);
  return 0;
}

}  // namespace dfi::cli
