// SPDX-License-Identifier: Apache-2.0
#include "tests/crash/power.hpp"

#include <fcntl.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "core/generation.hpp"
#include "system/system.hpp"

namespace dfi::test {
namespace {

void start_like_init(const Layout& layout, const std::string& name) {
  try {
    const auto manager = service_manager(layout.root(), layout.state());
    const auto generation = Generation::current(layout);
    if (!generation) return;
    for (const auto& service : generation->services(layout))
      if (service.name == name) manager->start(service);
  } catch (const Error&) {
    // Refused by the gate, or its files are not whole: the judge will see.
  }
}

}  // namespace

PowerBench::PowerBench(const Scenario& scenario, const std::string& kind, int disks) : Bench(scenario) {
  const int megabytes = kind == "ext4" ? 160 : 320;  // xfs takes no less than 300
  auto add = [&](const char* name, const fs::path& place) {
    disks_.push_back(
        std::make_unique<Disk>(kind, host_.directory() / (std::string(name) + ".image"), place, megabytes));
  };
  fs::remove_all(host_.root());
  add("root", host_.root());
  if (disks == 3) {
    add("data", host_.data());
    add("depot", host_.root() / "var/opt/dfinstall");
  }
  mount();
  run({"cp", "-a", (host_.directory() / "start/.").string(), host_.root().string()});
  // lost+found of the data directory's file system is part of the old state.
  old_ = host_.state_now();
  unmount();
  for (const auto& disk : disks_) disk->save();
}

PowerBench::~PowerBench() { host_.end_processes(); }

void PowerBench::mount() {
  for (const auto& disk : disks_) disk->mount();
}

void PowerBench::unmount() {
  host_.end_processes();
  for (auto disk = disks_.rbegin(); disk != disks_.rend(); ++disk) (*disk)->unmount();
}

void PowerBench::bring_back() {
  unmount();
  for (const auto& disk : disks_) disk->restore();
  mount();
  bring_releases_back();
  if (scenario_.services) host_.dfinstall({"start"});
  if (free_ >= 0) fill();
}

void PowerBench::fill() {
  const auto wanted = static_cast<std::uintmax_t>(free_) << 10;
  Fd filler(::open((host_.root() / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  off_t size = 0;
  // In ever smaller parts: what the file system needs to describe the file is not known before.
  for (off_t part = 1 << 24; part >= 4096;) {
    const auto free = fs::space(host_.root()).available;
    if (free >= wanted + static_cast<std::uintmax_t>(part) && ::posix_fallocate(filler.get(), size, part) == 0)
      size += part;
    else
      part /= 2;
  }
}

// Of several disks one may have written its log, and the others not.
void PowerBench::cut(Loss loss) {
  for (const auto& disk : disks_) disk->cut(loss == Loss::data);
}

// The host comes up again and starts the services, as an init system does, without asking dfinstall: each of them looks
// at the gate itself.
void PowerBench::boot() {
  unmount();
  mount();
  for (const char* service : {"demod", "demomon"}) start_like_init(Layout(host_.root(), host_.product()), service);
}

std::string PowerBench::cut_at(long k, Loss loss, Way way, const Words& more) {
  bring_back();
  Words options{"--at", std::to_string(k), "--do", "freeze"};
  options.insert(options.end(), more.begin(), more.end());
  Child frozen(traced(options, verb_));
  if (!frozen.stopped()) return "ended before its call " + std::to_string(k) + "\n";
  cut(loss);
  host_.end_processes();
  boot();
  take_releases_away();
  return recover(way);
}

std::string PowerBench::cut_after(Loss loss, const Words& more) {
  bring_back();
  const auto finished = run(traced(more, verb_));
  if (finished.exit != 0) return "ended with " + std::to_string(finished.exit) + "\n" + finished.out + finished.err;
  const auto backups = host_.dfinstall({"backup", "list"}).json();
  cut(loss);
  boot();
  take_releases_away();
  auto wrong = done();
  // A backup that was reported is there, and whole.
  if (host_.dfinstall({"backup", "list"}).json() != backups) wrong += "other backups than before\n";
  if (const auto list = backups.value("backups", Json::array()); !list.empty())
    if (const auto verified = host_.dfinstall({"backup", "verify"}); verified.exit != 0) wrong += verified.out;
  return wrong;
}

}  // namespace dfi::test
