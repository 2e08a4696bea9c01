// SPDX-License-Identifier: Apache-2.0
#include "tests/systemd/machine.hpp"

#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

namespace dfi::test {
namespace {

constexpr auto programs = "/under-test";

template <class Condition>
bool within_20_seconds(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

std::string first_line(const fs::path& file, const std::string& begin) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);)
    if (line.rfind(begin, 0) == 0) return line.substr(begin.size());
  return {};
}

// Process 1 of the machine is the child of nspawn with that number in a name space of its own.
pid_t find_leader(pid_t nspawn) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto status = entry.path() / "status";
    if (first_line(status, "PPid:\t") != std::to_string(nspawn)) continue;
    std::istringstream numbers(first_line(status, "NSpid:\t"));
    pid_t outer = 0, inner = 0;
    if (numbers >> outer >> inner && inner == 1) return outer;
  }
  return 0;
}

}  // namespace

std::string Machine::reason_to_skip() {
  std::ifstream reason(DFI_SYSTEMD_BASE ".skipped");
  std::string line;
  if (std::getline(reason, line)) return line;
  return fs::exists(DFI_SYSTEMD_BASE) ? "" : "run the test systemd.base first, it makes the machine";
}

Machine::Machine() : root_(place_.path() / "root") {
  for (const char* name : {"upper", "work", "root"}) fs::create_directories(place_.path() / name);
  const auto options = "lowerdir=" DFI_SYSTEMD_BASE ",upperdir=" + (place_.path() / "upper").string() +
                       ",workdir=" + (place_.path() / "work").string();
  if (::mount("overlay", root_.c_str(), "overlay", 0, options.c_str()) != 0)
    throw std::system_error(errno, std::generic_category(), "overlay");
  boot();
}

Machine::~Machine() {
  if (nspawn_) cut_power();
  ::umount2(root_.c_str(), MNT_DETACH);
}

void Machine::boot() {
  // Whatever becomes of the test: setpriv lets the machine die with it.
  nspawn_.emplace(Words{"setpriv", "--pdeathsig", "KILL", "systemd-nspawn", "--quiet", "--boot",
                        "--directory=" + root_.string(), "--machine=dfi-test", "--register=no", "--keep-unit",
                        "--private-network", "--console=pipe", "--kill-signal=SIGRTMIN+3",
                        std::string("--bind-ro=" DFI_BIN ":") + programs});
  leader_ = 0;
  if (!within_20_seconds([&] { return (leader_ = find_leader(nspawn_->pid())) != 0; }))
    throw std::runtime_error("the machine does not boot");
  const bool up = within_20_seconds([&] {
    const auto state = run({"systemctl", "is-system-running", "--wait"}).out;
    return state == "running\n" || state == "degraded\n";
  });
  if (!up) throw std::runtime_error("systemd does not come up");
}

void Machine::wait_gone() {
  nspawn_->wait();
  nspawn_.reset();
}

void Machine::power_off() {
  nspawn_->kill(SIGTERM);
  wait_gone();
}

void Machine::cut_power() {
  ::kill(leader_, SIGKILL);
  wait_gone();
}

Words Machine::inside(Words argv) const {
  Words words{"nsenter", "--target", std::to_string(leader_),
              "--all",   "env",      std::string("PATH=") + programs + ":/usr/sbin:/usr/bin:/sbin:/bin"};
  words.insert(words.end(), argv.begin(), argv.end());
  return words;
}

Finished Machine::run(Words argv, const Words& environment) const {
  return test::run(inside(std::move(argv)), environment);
}

Finished Machine::dfinstall(Words arguments, const Words& environment, const std::string& program) const {
  arguments.insert(arguments.begin(), program);
  arguments.push_back("--json");
  return run(arguments, environment);
}

std::string Machine::unit(const std::string& name, const std::string& property) const {
  auto text = run({"systemctl", "show", "--value", "-p", property, name}).out;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

bool Machine::becomes_active(const std::string& name) const {
  return within_20_seconds([&] { return active(name); });
}

bool Machine::ends_with(const std::string& service, int status) const {
  return within_20_seconds([&] {
    return unit(service, "MainPID") == "0" && unit(service, "ExecMainStatus") == std::to_string(status);
  });
}

std::string Machine::forbidden() const { return run({"ls", "/run/systemd/system.control"}).out; }

}  // namespace dfi::test
