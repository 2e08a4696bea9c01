// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/external_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <utility>

#include "base/error.hpp"
#include "base/spawn.hpp"

namespace dfi::migrations {
namespace {

constexpr int line_descriptor = 3;
constexpr std::size_t longest_line = 64 << 10;
constexpr std::chrono::seconds grace{5};

}  // namespace

ExternalProgram::ExternalProgram(const ExternalCall& call) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) throw os_error("pipe", call.argv[0]);
  lines_ = Fd(pipe[0]);
  Fd theirs(pipe[1]);
  ::fcntl(lines_.get(), F_SETFL, O_NONBLOCK);
  Spawn child;
  child.give(theirs.get(), line_descriptor);
  child.log_to(call.log, O_TRUNC);
  child.close_from(line_descriptor + 1);
  child.work_in(call.directory);
  child.show_read_only(call.input);
  child.own_group();
  pid_ = child.run(call.argv, {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "TZ=UTC",
                               std::string(program_mark) + "=" + call.directory.string() + "/"});
  handle_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

ExternalProgram::~ExternalProgram() {
  if (!ended_) end();
}

bool ExternalProgram::reap(bool block) {
  if (ended_) return true;
  siginfo_t info{};
  // Not waited for yet: as long as it is a zombie its number names this very process group.
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | (block ? 0 : WNOHANG)) != 0)
    if (errno != EINTR) return false;
  if (info.si_pid == 0) return false;
  ::kill(-pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended_ = true;
  return true;
}

void ExternalProgram::read_lines(const std::function<void(const std::string&)>& tell) {
  char buffer[4096];
  for (;;) {
    const auto n = ::read(lines_.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      if (n == 0) lines_.reset();
      return;
    }
    rest_.append(buffer, static_cast<std::size_t>(n));
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
      const auto line = rest_.substr(0, end);
      rest_.erase(0, end + 1);
      tell(line);
    }
    // Not kept for ever: whoever reads it sees that it is no JSON.
    if (rest_.size() > longest_line) tell(std::exchange(rest_, ""));
  }
}

bool ExternalProgram::wait(std::chrono::milliseconds longest, const std::function<void(const std::string&)>& tell) {
  pollfd waiting[] = {{handle_.get(), POLLIN, 0}, {lines_.get(), POLLIN, 0}};
  ::poll(waiting, 2, static_cast<int>(longest.count()));
  // Looked at before the last lines are read: what the program wrote before its end is in the pipe then.
  const bool ended = reap(false);
  if (lines_) read_lines(tell);
  if ((ended || !lines_) && !rest_.empty()) tell(std::exchange(rest_, ""));  // a last line without its end
  return !ended;
}

void ExternalProgram::end() {
  if (ended_) return;
  ::kill(-pid_, SIGTERM);
  pollfd waiting{handle_.get(), POLLIN, 0};
  const auto deadline = std::chrono::steady_clock::now() + grace;
  for (auto now = std::chrono::steady_clock::now(); !reap(false) && now < deadline;
       now = std::chrono::steady_clock::now())
    ::poll(&waiting, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count()));
  if (ended_) return;
  ::kill(-pid_, SIGKILL);
  reap(true);
}

}  // namespace dfi::migrations
