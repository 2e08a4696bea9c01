// SPDX-License-Identifier: Apache-2.0
#include "steps/support.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "base/file.hpp"
#include "messages/general.hpp"
#include "messages/step.hpp"
#include "steps/units_support.hpp"

namespace dfi::steps {

TrustedKeys trusted_keys(const Run& run) { return TrustedKeys::load(Layout::keys(run.layout().root())); }

Release release_of(const Run& run) {
  return Release::open(run.note_text("release"), trusted_keys(run), run.layout().product());
}

Manifest target_manifest(const Run& run) {
  auto file = run.layout().staging(run.id()) / "product.json";
  return Manifest::from_text(read_file(file), file.string());
}

void unpack_definitions(const Run& run, const Release& release) {
  const auto staging = run.layout().staging(run.id());
  durable::make_directories(staging, 0700);
  durable::make_directories(staging / "definitions", 0700);
  release.save_file(formats_save_file).unpack(staging / "definitions");
  durable::sync_file_system(staging / "definitions");
  durable::write_file(staging / "product.json", release.save_file(product_save_file).manifest().to_json().dump(1));
}

migrations::Catalogue catalogue_of(const Run& run) {
  return migrations::Catalogue::load(run.layout().staging(run.id()) / "definitions");
}

void set_gate(Run& run, dfi::gate::Phase phase) {
  dfi::gate::set_marker(run.layout().data(), {run.name(), phase, now_utc(), ProcessIdentity::current().pid});
}

void hold_gate(Run& run) {
  if (run.closure) return;
  run.closure = dfi::gate::Closure::close(
      run.layout().data(), {run.name(), dfi::gate::Phase::closed, now_utc(), ProcessIdentity::current().pid}, 5000);
}

void lift_gate(Run& run) {
  auto marker = dfi::gate::read(run.layout().data());
  if (marker && marker->run == run.name()) dfi::gate::Closure::open(run.layout().data(), std::move(run.closure));
  run.closure.reset();
}

void open_gate(Run& run) {
  allow_units(run);
  lift_gate(run);
  start_triggers(run);
}

void must_run(const std::vector<std::string>& command) {
  const auto result = run_program(command);
  if (result.status != 0)
    throw Error(msg::process_failed,
                {{"program", command[0]}, {"status", std::to_string(result.status)}, {"output", result.output}});
}

std::vector<Service> current_services(const Run& run) {
  auto generation = Generation::usable(run.layout());
  return generation ? generation->services(run.layout()) : std::vector<Service>{};
}

Json running_services(Run& run, const std::vector<Service>& services) {
  Json names = Json::array();
  for (const auto& service : services)
    if (run.services().running(service)) names.push_back(service.name);
  return names;
}

void stop_services(Run& run, const std::vector<Service>& services) {
  for (const auto& service : services) {
    if (!run.services().running(service)) continue;
    run.services().stop(service, std::chrono::seconds(service.stop_seconds));
    run.say(msg::service_stopped, {{"service", service.name}});
  }
}

std::vector<Service> noted_services(const Run& run, std::vector<Service> services, const char* note) {
  auto noted = run.note(note);
  auto is_noted = [&](const Service& service) {
    return noted && std::find(noted->begin(), noted->end(), Json(service.name)) != noted->end();
  };
  services.erase(std::remove_if(services.begin(), services.end(), [&](const Service& s) { return !is_noted(s); }),
                 services.end());
  return services;
}

namespace {

void start_services(Run& run, const std::vector<Service>& services) {
  if (services.empty()) return;
  allow_units(run);
  // A socket whose service runs does not start.
  if (sockets_down(run, current_services(run))) stop_services(run, services);
  start_sockets(run);
  for (const auto& service : services) {
    // Also one that seems to run: killed while it was being started, nobody has heard yet that it is ready.
    run.services().start(service);
    run.say(msg::service_started, {{"service", service.name}});
  }
}

}  // namespace

void start_noted_services(Run& run, const std::vector<Service>& services) {
  start_services(run, noted_services(run, services));
}

void start_missing_services(Run& run, std::vector<Service> services, const char* note) {
  services.erase(
      std::remove_if(services.begin(), services.end(), [&](const auto& s) { return run.services().running(s); }),
      services.end());
  start_services(run, noted_services(run, services, note));
}

std::vector<fs::path> swaps_of(const Run& run) {
  std::vector<fs::path> paths;
  if (auto noted = run.note("swaps"))
    for (const auto& path : *noted) paths.emplace_back(path.get<std::string>());
  return paths;
}

void note_swaps(Run& run, const std::vector<fs::path>& paths) {
  Json list = Json::array();
  for (const auto& path : paths) list.push_back(path.string());
  run.note("swaps", list);
}

std::vector<fs::path> worked_on(const Run& run) {
  auto paths = swaps_of(run);
  if (auto tried = run.note("tried"))
    for (const auto& path : *tried) paths.emplace_back(path.get<std::string>());
  return paths;
}

void rescue_own_objects(Run& run) {
  auto installed = Generation::usable(run.layout());
  if (!installed) return;
  const auto place = run.layout().rescued(run.id());
  auto states = Json::object();
  for (const auto& finding : checks::foreign_objects(run.layout(), *installed)) {
    if (finding.details.at("state") == "missing") continue;
    const auto object = finding.details.at("object").get<std::string>();
    const auto target = place / object;
    durable::make_directories(target.parent_path(), 0750);
    if (fs::is_symlink(installed->path / object))
      durable::flip_link(target, fs::read_symlink(installed->path / object));
    else
      durable::copy_file(installed->path / object, target);
    states[object] = finding.details.at("state");
    run.say(msg::object_rescued, {{"object", object}, {"path", target.string()}});
  }
  run.note("rescued", states);
}

void remove_run_directory(const fs::path& data_file, const Run& run) { remove_run_directory(data_file, run.id()); }

void make_run_directory(const fs::path& data_file, const Run& run) {
  const auto directory = Layout::shadow(data_file, run.id()).parent_path();
  refuse_foreign_links(run.layout().root(), directory);
  durable::make_directories(directory, 0700);
  for (const auto& place : {directory.parent_path(), directory}) {
    const auto facts = describe(place, {});
    if (facts.kind != EntryKind::directory || facts.user != ::geteuid())
      throw Error(msg::place_of_another, {{"path", place.string()}, {"user", std::to_string(facts.user)}});
  }
}

void remove_run_directory(const fs::path& data_file, int run) {
  const auto directory = Layout::shadow(data_file, run).parent_path();
  // A link there is none of ours, and leads anywhere.
  if (fs::is_symlink(directory.parent_path())) return;
  durable::remove_tree(directory);
  durable::remove_if_empty(directory.parent_path());
}

}  // namespace dfi::steps
