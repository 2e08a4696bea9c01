// SPDX-License-Identifier: Apache-2.0
// dfinstall status (DSPDIRFAXV): product, data, PTFs, services, unfinished run, gate, last backup.
#include "base/gate.hpp"
#include "base/process.hpp"
#include "cli/context.hpp"
#include "core/backup_set.hpp"
#include "core/generation.hpp"
#include "messages/backup.hpp"
#include "messages/cli.hpp"
#include "messages/rollback.hpp"
#include "steps/kept_support.hpp"

namespace dfi::cli {
namespace {

void show_data(Context& context, const Layout& layout, const Generation& generation) {
  Json list = Json::array();
  std::optional<migrations::Catalogue> catalogue;
  if (fs::exists(layout.definitions()))
    catalogue = migrations::Catalogue::load(layout.definitions(), migrations::Proof::done);
  for (const auto& file : generation.spec().data_files) {
    std::string level = "?";
    if (!fs::exists(data_path(layout, file)))
      level = "-";
    else if (catalogue) {
      try {
        level = std::to_string(catalogue->level_of(to_engine(layout, file)));
      } catch (const Error& e) {
        level = "? (" + std::string(message_id(e.message().id)) + ")";  // status shows what it can
      }
    }
    context.line(msg::status_data_file,
                 {{"file", file.name}, {"level", level}, {"expected", std::to_string(file.level)}});
    list.push_back({{"name", file.name}, {"path", file.path}, {"level", level}, {"expected", file.level}});
  }
  context.result["data_files"] = list;
}

void show_ptfs(Context& context, const Layout& layout, const Generation& generation) {
  Json list = Json::array();
  for (const auto& ptf : generation.ptfs) {
    const bool removable = fs::exists(layout.product_base() / ptf.saved);
    context.line(msg::status_ptf, {{"ptf", ptf.id},
                                   {"applied", ptf.applied},
                                   {"saved", ptf.saved},
                                   {"state", context.say(removable ? msg::word_removable : msg::word_not_removable)}});
    list.push_back({{"id", ptf.id}, {"applied", ptf.applied}, {"saved", ptf.saved}, {"removable", removable}});
  }
  context.result["ptfs"] = list;
}

void show_services(Context& context, const Layout& layout, const Generation& generation) {
  auto manager = service_manager(layout.root(), layout.state());
  Json list = Json::array();
  for (const auto& service : generation.services(layout)) {
    const bool running = manager->running(service);
    context.line(msg::status_service, {{"service", service.name},
                                       {"state", context.say(running ? msg::word_running : msg::word_stopped)},
                                       {"driver", manager->kind()}});
    list.push_back({{"name", service.name}, {"running", running}, {"driver", manager->kind()}});
  }
  context.result["services"] = list;
}

void show_run(Context& context, const Layout& layout) {
  context.result["unfinished_run"] = nullptr;
  auto journal = Journal::open(layout.journal(), false);
  auto run = journal ? journal->unfinished() : std::nullopt;
  if (run) {
    const bool alive = run->owner.alive();
    auto state = alive ? context.say(msg::word_working, {{"pid", std::to_string(run->owner.pid)}})
                       : context.say(msg::word_suspended);
    context.line(msg::status_run, {{"run", run->name()}, {"since", run->started}, {"state", state}});
    const auto progress = journal->note(run->id, "progress").value_or(nullptr);
    if (!progress.is_null())
      context.line(msg::status_conversion, {{"file", progress.at("file").get<std::string>()},
                                            {"bytes", progress.at("bytes").dump()},
                                            {"of_bytes", progress.at("of_bytes").dump()},
                                            {"records", progress.at("records").dump()},
                                            {"rejected", progress.at("rejected").dump()}});
    context.result["unfinished_run"] = {{"id", run->id},  {"verb", run->verb},     {"since", run->started},
                                        {"alive", alive}, {"pid", run->owner.pid}, {"conversion", progress}};
  }
  context.result["gate"] = nullptr;
  if (auto marker = gate::read(layout.data())) {
    context.line(msg::status_gate, {{"run", marker->run}, {"since", marker->since}});
    context.result["gate"] = {{"run", marker->run},
                              {"since", marker->since},
                              {"phase", marker->phase == gate::Phase::held ? "held" : "closed"}};
  }
}

// The last update, as long as it can be taken back.
void show_kept(Context& context, const Layout& layout) {
  context.result["kept_update"] = nullptr;
  auto journal = Journal::open(layout.journal(), false);
  const auto kept = journal ? steps::kept_update(*journal) : std::nullopt;
  if (!kept) return;
  const auto bytes = kept->bytes(layout);
  context.line(
      kept->first() ? msg::status_data_kept : msg::status_kept,
      {{"run", kept->name()}, {"level", kept->level}, {"since", kept->since}, {"bytes", std::to_string(bytes)}});
  context.result["kept_update"] = {{"run", kept->run},
                                   {"level", kept->level},
                                   {"generation", kept->generation},
                                   {"since", kept->since},
                                   {"bytes", bytes}};
}

void show_backup(Context& context, const Layout& layout) {
  auto sets = BackupSet::list(layout);
  context.result["backup"] = nullptr;
  if (sets.empty()) return context.line(msg::status_no_backup);
  const auto& set = sets.front();
  const auto level = set.data_only() ? context.say(msg::backup_of_data) : set.level;
  context.line(msg::status_backup, {{"id", set.id}, {"level", level}, {"bytes", std::to_string(set.bytes())}});
  context.result["backup"] = {{"id", set.id}, {"level", set.level}, {"bytes", set.bytes()}};
}

}  // namespace

int show_status(Context& context) {
  auto layout = context.layout();
  std::optional<Generation> generation;
  try {
    generation = Generation::current(layout);
  } catch (const Error& e) {
    // The rest, an unfinished run above all, is worth more then than ever.
    context.line(std::string(message_id(e.message().id)) + " " + text(e.message(), context.options.language));
    context.result["damage"] = error_json(e, context.options.language);
  }
  context.result["product"] = layout.product();
  context.result["version"] = generation ? Json(generation->manifest.version) : Json(nullptr);
  context.result["level"] = generation ? Json(generation->level()) : Json(nullptr);
  context.result["generation"] = generation ? Json(generation->name) : Json(nullptr);
  if (generation) {
    context.line(msg::status_product,
                 {{"product", layout.product()}, {"level", generation->level()}, {"generation", generation->name}});
    show_data(context, layout, *generation);
    show_ptfs(context, layout, *generation);
    show_services(context, layout, *generation);
  } else {
    context.line(msg::status_not_installed, {{"product", layout.product()}});
  }
  show_run(context, layout);
  show_kept(context, layout);
  show_backup(context, layout);
  return 0;
}

}  // namespace dfi::cli
