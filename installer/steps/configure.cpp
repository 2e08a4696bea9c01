// SPDX-License-Identifier: Apache-2.0
// configure: host objects (units, sysusers, tmpfiles) which do not exist yet are created below the root; those that
// exist are the administrator's and stay (features 142–144). They are the objects lib/host/<path below the root>.
#include <pwd.h>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "messages/general.hpp"
#include "messages/step.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::configure {
namespace {

constexpr std::string_view host_prefix = "lib/host/";

void must_run(const std::vector<std::string>& command) {
  auto result = run_program(command);
  if (result.status != 0)
    throw Error(msg::process_failed,
                {{"program", command[0]}, {"status", std::to_string(result.status)}, {"output", result.output}});
}

// New units are enabled once, so that the product comes up with the host; later it is the administrator's choice.
void introduce_to_systemd(Run& run, const std::vector<Service>& services) {
  if (run.services().kind() != "systemd") return;
  must_run({"systemd-sysusers"});
  run_program({"systemd-tmpfiles", "--create"});  // complains about lines of others, too: not our failure
  must_run({"systemctl", "daemon-reload"});
  for (const auto& service : services)
    if (run.done("etc/systemd/system/" + service.unit)) must_run({"systemctl", "enable", service.unit});
}

// Data files which this run created belong to the user the services run as; its configuration it may only read.
void give_to_service_user(Run& run, const ProductSpec& spec) {
  if (run.services().kind() != "systemd" || spec.user.empty()) return;
  const passwd* user = ::getpwnam(spec.user.c_str());
  if (!user) throw Error(msg::service_user_missing, {{"user", spec.user}});
  const auto data = run.layout().data();
  // Sticky and root's: the service may make and change its files there, but not exchange .dfinstall.
  durable::set_owner(data, {0, user->pw_gid});
  durable::set_mode(data, 01770);
  for (const auto& file : spec.data_files) {
    const auto path = data_path(run.layout(), file);
    const bool in_data = path.parent_path() == data;
    if (describe(path, {}).user == 0) durable::set_owner(path, {in_data ? user->pw_uid : 0, user->pw_gid});
  }
}

}  // namespace

void apply(Run& run) {
  const auto& layout = run.layout();
  auto generation = Generation::current(layout);
  require(generation.has_value(), "configure follows activate");
  std::vector<std::string> missing;
  for (const auto& directory : generation->spec().directories)
    if (!fs::exists(layout.root() / directory)) missing.push_back(directory);
  for (const auto& object : generation->manifest.objects)
    if (object.path.rfind(host_prefix, 0) == 0)
      if (auto path = object.path.substr(host_prefix.size()); !fs::exists(layout.root() / path))
        missing.push_back(path);

  run.each(missing, [&](const std::string& path) {
    const auto target = layout.root() / path;
    const auto source = generation->path / (std::string(host_prefix) + path);
    if (!fs::exists(source)) return durable::make_directories(target);
    durable::make_directories(target.parent_path());
    durable::write_file(target, read_file(source));
    run.say(msg::host_object_created, {{"path", target.string()}});
  });
  if (!run.begun().empty()) introduce_to_systemd(run, fill_services(generation->spec(), layout));
  give_to_service_user(run, generation->spec());
}

void revert(Run& run) {
  if (run.services().kind() == "systemd")
    for (const auto& service : current_services(run))
      if (run.done("etc/systemd/system/" + service.unit)) must_run({"systemctl", "disable", service.unit});
  run.each_back([&](const std::string& path) {
    const auto target = run.layout().root() / path;
    std::error_code not_empty;
    if (fs::is_directory(target))
      fs::remove(target, not_empty);  // others may have put something into it meanwhile
    else
      durable::remove(target);
  });
}

}  // namespace dfi::steps::configure
