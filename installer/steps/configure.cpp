// SPDX-License-Identifier: Apache-2.0
// configure: host objects (units, sysusers, tmpfiles) which do not exist yet are created below the root; those that
// exist are the administrator's (features 142–144): one that is still as the old release delivered it follows the new
// release, one that was changed stays, with the new default beside it as .dfnew. They are the objects
// lib/host/<path below the root>.
#include <sys/stat.h>

#include <algorithm>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "messages/general.hpp"
#include "messages/step.hpp"
#include "steps/ownership_support.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"
#include "steps/units_support.hpp"

namespace dfi::steps::configure {
namespace {

constexpr std::string_view host_prefix = "lib/host/";

bool was_replaced(const Run& run, const std::string& path) {
  const auto noted = run.note("replaced");
  return noted && std::find(noted->begin(), noted->end(), Json(path)) != noted->end();
}

// Units this run created: the services, and the sockets, timers and paths that the release brings for them.
std::vector<std::string> new_units(const Run& run, const std::vector<Service>& services) {
  std::vector<std::string> units;
  for (const auto& path : run.begun()) {
    const auto unit = unit_of(path);
    if (unit.empty() || !run.done(path) || was_replaced(run, path)) continue;
    const bool serves = std::any_of(services.begin(), services.end(), [&](const auto& s) { return s.unit == unit; });
    if (serves || fs::path(unit).extension() != ".service") units.push_back(unit);
  }
  return units;
}

// New units are enabled once, so that the product comes up with the host; later it is the administrator's choice.
void introduce_to_systemd(Run& run, const std::vector<Service>& services) {
  if (run.services().kind() != "systemd") return;
  must_run({"systemd-sysusers"});
  run_program({"systemd-tmpfiles", "--create"});  // complains about lines of others, too: not our failure
  must_run({"systemctl", "daemon-reload"});
  for (const auto& unit : new_units(run, services)) must_run({"systemctl", "enable", unit});
}

// What the old release delivered for this path; nothing on a first installation.
std::optional<std::string> old_default(const Run& run, const std::string& path) {
  const auto previous = run.note_text("previous");
  if (previous.empty()) return std::nullopt;
  return read_file_if_exists(run.layout().product_base() / previous / (std::string(host_prefix) + path));
}

struct HostObjects {
  std::vector<std::string> fresh, replaced, beside;
};

HostObjects look_at_host(const Run& run, const Generation& generation) {
  const auto& root = run.layout().root();
  HostObjects found;
  for (const auto& directory : generation.spec().directories)
    if (!fs::exists(root / directory)) found.fresh.push_back(directory);
  for (const auto& object : generation.manifest.objects) {
    if (object.path.rfind(host_prefix, 0) != 0) continue;
    const auto path = object.path.substr(host_prefix.size());
    const auto current = read_file_if_exists(root / path);
    const auto delivered = read_file(generation.path / object.path), before = old_default(run, path).value_or("");
    if (!current)
      found.fresh.push_back(path);
    else if (*current == delivered || before == delivered)
      continue;
    else if (*current == before)
      found.replaced.push_back(path);
    else
      found.beside.push_back(path + ".dfnew");
  }
  return found;
}

// In their sum: a second try after a crash finds less to do than the first.
void note_replaced(Run& run, const std::vector<std::string>& paths) {
  auto noted = run.note("replaced").value_or(Json::array());
  for (const auto& path : paths)
    if (!was_replaced(run, path)) noted.push_back(path);
  run.note("replaced", noted);
}

void create(Run& run, const Generation& generation, const std::string& path) {
  const auto target = run.layout().root() / path;
  const auto source = generation.path / (std::string(host_prefix) + path);
  if (!fs::exists(source)) return durable::make_directories(target);
  durable::make_directories(target.parent_path());
  durable::write_file(target, read_file(source));
  run.say(msg::host_object_created, {{"path", target.string()}});
}

// The mode is the administrator's.
void write_as_it_was(const fs::path& target, std::string_view text) {
  struct stat facts {};
  if (::stat(target.c_str(), &facts) != 0) throw os_error("stat", target);
  durable::write_file(target, text, facts.st_mode & 07777);
}

void lay_beside(Run& run, const Generation& generation, const fs::path& path) {
  const auto kept = run.layout().root() / fs::path(path).replace_extension();
  durable::write_file(
      run.layout().root() / path,
      read_file(generation.path / (std::string(host_prefix) + fs::path(path).replace_extension().string())));
  run.warn(msg::host_object_kept, {{"path", kept.string()}});
}

}  // namespace

void apply(Run& run) {
  const auto& layout = run.layout();
  auto generation = Generation::current(layout);
  require(generation.has_value(), "configure follows activate");
  const auto found = look_at_host(run, *generation);
  note_replaced(run, found.replaced);
  auto items = found.fresh;
  items.insert(items.end(), found.replaced.begin(), found.replaced.end());
  items.insert(items.end(), found.beside.begin(), found.beside.end());
  run.each(items, [&](const std::string& path) {
    if (std::count(found.beside.begin(), found.beside.end(), path) > 0) return lay_beside(run, *generation, path);
    if (!was_replaced(run, path)) return create(run, *generation, path);
    const auto target = layout.root() / path;
    write_as_it_was(target, read_file(generation->path / (std::string(host_prefix) + path)));
    run.say(msg::host_object_replaced, {{"path", target.string()}});
  });
  if (!run.begun().empty()) introduce_to_systemd(run, fill_services(generation->spec(), layout));
  give_to_service_user(run, generation->spec());
}

void revert(Run& run) {
  give_back(run, run.id());
  const bool systemd = run.services().kind() == "systemd";
  dismiss_units(run, new_units(run, current_services(run)));
  run.each_back([&](const std::string& path) {
    const auto target = run.layout().root() / path;
    if (was_replaced(run, path))
      write_as_it_was(target, old_default(run, path).value_or(""));
    else if (!fs::is_directory(target))
      durable::remove(target);
    else
      durable::remove_if_empty(target);  // others may have put something into it meanwhile
  });
  if (systemd) must_run({"systemctl", "daemon-reload"});
}

}  // namespace dfi::steps::configure
