// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/external_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "messages/general.hpp"

namespace dfi::migrations {
namespace {

constexpr int line_descriptor = 3;
constexpr std::size_t longest_line = 64 << 10;
constexpr std::chrono::seconds grace{5};

/// posix_spawn's two lists, freed whatever happens.
class Spawn {
 public:
  Spawn() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;
  ~Spawn() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  pid_t run(const ExternalCall& call, int lines) {
    prepare_descriptors(call, lines);
    prepare_signals();
    std::vector<char*> arguments;
    for (const auto& argument : call.argv) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    std::string variables[] = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "TZ=UTC"};
    char* environment[] = {variables[0].data(), variables[1].data(), variables[2].data(), nullptr};
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, call.argv[0].c_str(), &actions_, &attributes_, arguments.data(), environment);
    if (error != 0)
      throw Error(msg::process_failed, {{"program", call.argv[0]}, {"status", "-"}, {"output", std::strerror(error)}});
    return pid;
  }

 private:
  void prepare_descriptors(const ExternalCall& call, int lines) {
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, 1, call.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0640);
    ::posix_spawn_file_actions_adddup2(&actions_, 1, 2);
    ::posix_spawn_file_actions_adddup2(&actions_, lines, line_descriptor);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, line_descriptor + 1);
    ::posix_spawn_file_actions_addchdir_np(&actions_, call.directory.c_str());
  }

  void prepare_signals() {
    // A child starts with no signal blocked or ignored, whatever we did with ours.
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

ExternalProgram::ExternalProgram(const ExternalCall& call) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) throw os_error("pipe", call.argv[0]);
  lines_ = Fd(pipe[0]);
  Fd theirs(pipe[1]);
  ::fcntl(lines_.get(), F_SETFL, O_NONBLOCK);
  pid_ = Spawn().run(call, theirs.get());
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
