// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <cstring>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/config/secret.hpp"

namespace faxmail {
namespace {

constexpr std::int64_t patience_ms = 10'000;

/// The running command; ends with this object, whatever happens.
class Command {
 public:
  explicit Command(const std::vector<std::string>& words) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    output_ = dfi::Fd(ends[0]);
    const dfi::Fd input(ends[1]);
    error_ = start(words, input.get());
  }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  /// Why it could not be started, or null.
  const char* error() const { return pid_ > 0 ? nullptr : ::strerrorname_np(error_); }

  /// Everything it prints; false if the time or the limit is over.
  bool read(std::string& bytes, std::size_t limit) const {
    const auto deadline = dfi::monotonic_ms() + patience_ms;
    for (;;) {
      pollfd waiting{output_.get(), POLLIN, 0};
      const auto left = deadline - dfi::monotonic_ms();
      if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) == 0) return false;
      char buffer[4096];
      const auto size = ::read(output_.get(), buffer, sizeof buffer);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return true;
      bytes.append(buffer, static_cast<std::size_t>(size));
      ::explicit_bzero(buffer, sizeof buffer);
      if (bytes.size() > limit) return true;
    }
  }

  /// After its output has ended: exit code or 128 + signal. It gets a second, then it is killed.
  int status() {
    int result = 0;
    for (const auto deadline = dfi::monotonic_ms() + 1000; ::waitpid(pid_, &result, WNOHANG) == 0;) {
      if (dfi::monotonic_ms() > deadline) return 128 + SIGKILL;
      const timespec moment{0, 5'000'000};
      ::nanosleep(&moment, nullptr);
    }
    ::kill(-pid_, SIGKILL);  // whatever it left behind
    pid_ = -1;
    return WIFEXITED(result) ? WEXITSTATUS(result) : 128 + WTERMSIG(result);
  }

 private:
  int start(const std::vector<std::string>& words, int output) {
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const char* path = std::getenv("PATH");
    auto variable = "PATH=" + std::string(path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
    char* environment[] = {variable.data(), nullptr};

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output, 1);
    ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    const int error = ::posix_spawnp(&pid_, arguments[0], &actions, &attributes, arguments.data(), environment);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (error != 0) pid_ = -1;
    return error;
  }

  dfi::Fd output_;
  pid_t pid_ = -1;
  int error_ = EMFILE;
};

}  // namespace

Secret read_secret_command(const std::string& key, const std::vector<std::string>& words, SecretShape shape) {
  const auto refuse = [&](const std::string& reason) {
    throw dfi::Error(dfi::msg::mail_secret_command, {{"key", key}, {"program", words.front()}, {"reason", reason}});
  };
  Command command(words);
  if (const char* error = command.error()) refuse(error);
  std::string bytes;
  bytes.reserve(secret_limit(shape) + 4096);  // so that no copy of it stays behind when it grows
  const bool in_time = command.read(bytes, secret_limit(shape));
  const auto reason = shape_secret(bytes, shape);
  Secret secret(bytes);
  wipe(bytes);
  if (!in_time) refuse("> 10 s");
  if (reason && *reason != "empty") refuse(*reason);
  if (const int status = command.status(); status != 0) refuse("exit code " + std::to_string(status));
  if (reason) refuse(*reason);
  return secret;
}

}  // namespace faxmail
