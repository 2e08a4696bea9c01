// SPDX-License-Identifier: Apache-2.0
#include "base/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <thread>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/proc.hpp"
#include "base/spawn.hpp"

extern char** environ;

namespace dfi {
namespace {

const std::string& this_boot() {
  static const std::string id = [] {
    auto text = read_file("/proc/sys/kernel/random/boot_id");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }();
  return id;
}

std::vector<std::string> merged_environment(const std::vector<std::string>& extra) {
  std::vector<std::string> result = extra;
  for (char** e = environ; *e; ++e) {
    std::string entry = *e;
    auto name = entry.substr(0, entry.find('=') + 1);
    bool replaced = false;
    for (const auto& x : extra) replaced |= x.compare(0, name.size(), name) == 0;
    if (!replaced) result.push_back(entry);
  }
  return result;
}

int pidfd_open(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

}  // namespace

std::optional<ProcessIdentity> ProcessIdentity::of(pid_t pid) {
  const auto stat = proc::stat(pid);
  if (!stat || stat->state == 'Z' || stat->state == 'X') return std::nullopt;
  return ProcessIdentity{pid, stat->start_ticks, this_boot()};
}

ProcessIdentity ProcessIdentity::current() { return *of(::getpid()); }

bool ProcessIdentity::alive() const {
  auto now = of(pid);
  return now && *now == *this;
}

Json ProcessIdentity::to_json() const { return {{"pid", pid}, {"start_ticks", start_ticks}, {"boot_id", boot_id}}; }

ProcessIdentity ProcessIdentity::from_json(const Json& json) {
  return {json.at("pid").get<pid_t>(), json.at("start_ticks").get<std::uint64_t>(),
          json.at("boot_id").get<std::string>()};
}

ProgramResult run_program(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
                          std::chrono::seconds timeout) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) throw os_error("pipe", argv[0]);
  Fd in(pipe[0]), out(pipe[1]);
  Spawn child;
  child.give(out.get(), 1);
  child.give(out.get(), 2);
  pid_t pid = child.run(argv, merged_environment(environment));
  out.reset();

  ProgramResult result{0, {}};
  const auto deadline = monotonic_ms() + std::chrono::milliseconds(timeout).count();
  char buffer[4096];
  for (;;) {
    pollfd waiting{in.get(), POLLIN, 0};
    auto left = deadline - monotonic_ms();
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left, 1'000'000))) == 0) {
      ::kill(pid, SIGKILL);
      result.output += "\n(time-out)";
      break;
    }
    auto n = ::read(in.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    if (result.output.size() < (1u << 20)) result.output.append(buffer, static_cast<std::size_t>(n));
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

ProcessIdentity spawn_detached(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
                               const std::string& log) {
  Spawn child;
  child.log_to(log);
  child.work_in("/");  // it must not keep our working directory busy
  child.own_session();
  pid_t pid = child.run(argv, merged_environment(environment));
  auto identity = ProcessIdentity::of(pid);
  return identity ? *identity : ProcessIdentity{pid, 0, this_boot()};
}

bool send_signal(const ProcessIdentity& process, int signal) {
  Fd handle(pidfd_open(process.pid));
  // The start time is compared after the pidfd is held: from here on the number cannot be reused behind our back.
  if (!handle || !process.alive()) return false;
  return ::syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0) == 0;
}

bool wait_gone(const ProcessIdentity& process, std::chrono::milliseconds timeout) {
  const auto deadline = monotonic_ms() + timeout.count();
  while (process.alive()) {
    // Our own child stays a zombie until it is waited for; alive() already counts a zombie as gone.
    if (monotonic_ms() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::waitpid(process.pid, nullptr, WNOHANG);
  return true;
}

}  // namespace dfi
