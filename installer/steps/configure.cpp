// SPDX-License-Identifier: Apache-2.0
// configure: host objects (units, sysusers, tmpfiles) which do not exist yet are created below the root; those that exist
// are the administrator's and stay (features 142–144). They are the objects lib/host/<path below the root>.
#include "base/durable.hpp"
#include "base/file.hpp"
#include "messages/step.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::configure {
namespace {

constexpr std::string_view host_prefix = "lib/host/";

void reload_systemd(Run& run) {
  if (run.services().kind() != "systemd") return;
  run_program({"systemd-sysusers"});
  run_program({"systemd-tmpfiles", "--create"});
  run_program({"systemctl", "daemon-reload"});
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
      if (auto path = object.path.substr(host_prefix.size()); !fs::exists(layout.root() / path)) missing.push_back(path);

  run.each(missing, [&](const std::string& path) {
    const auto target = layout.root() / path;
    const auto source = generation->path / (std::string(host_prefix) + path);
    if (!fs::exists(source)) return durable::make_directories(target);
    durable::make_directories(target.parent_path());
    durable::write_file(target, read_file(source));
    run.say(msg::host_object_created, {{"path", target.string()}});
  });
  if (!missing.empty()) reload_systemd(run);
}

void revert(Run& run) {
  run.each_back([&](const std::string& path) {
    const auto target = run.layout().root() / path;
    if (fs::is_directory(target))
      durable::remove_tree(target);
    else
      durable::remove(target);
  });
}

}  // namespace dfi::steps::configure
