// SPDX-License-Identifier: Apache-2.0
#include "base/spawn.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>

#include <cstring>
#include <future>

#include "base/error.hpp"
#include "messages/general.hpp"

namespace dfi {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const auto& s : strings) result.push_back(const_cast<char*>(s.c_str()));
  result.push_back(nullptr);
  return result;
}

/// For this thread and its children only. Mounts of others still come and go in it (slave), ours stay here.
void mount_read_only(const std::filesystem::path& file) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return;
  if (::mount(file.c_str(), file.c_str(), nullptr, MS_BIND, nullptr) != 0) return;
  mount_attr read_only{};
  read_only.attr_set = MOUNT_ATTR_RDONLY;
  ::mount_setattr(AT_FDCWD, file.c_str(), 0, &read_only, sizeof read_only);
}

}  // namespace

Spawn::Spawn() {
  ::posix_spawn_file_actions_init(&actions_);
  ::posix_spawnattr_init(&attributes_);
  ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
}

Spawn::~Spawn() {
  ::posix_spawn_file_actions_destroy(&actions_);
  ::posix_spawnattr_destroy(&attributes_);
}

void Spawn::give(int ours, int theirs) { ::posix_spawn_file_actions_adddup2(&actions_, ours, theirs); }

void Spawn::log_to(const std::filesystem::path& path, int flags) {
  ::posix_spawn_file_actions_addopen(&actions_, 1, path.c_str(), O_WRONLY | O_CREAT | O_APPEND | flags, 0640);
  give(1, 2);
}

void Spawn::close_from(int first) { ::posix_spawn_file_actions_addclosefrom_np(&actions_, first); }

void Spawn::work_in(const std::filesystem::path& directory) {
  ::posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
}

void Spawn::own_session() { flags_ = static_cast<short>(flags_ | POSIX_SPAWN_SETSID); }

void Spawn::own_group() {
  ::posix_spawnattr_setpgroup(&attributes_, 0);
  flags_ = static_cast<short>(flags_ | POSIX_SPAWN_SETPGROUP);
}

pid_t Spawn::run(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
  if (read_only_.empty()) return start(argv, environment);
  // A thread can have a mount namespace of its own; its child inherits that, and our other threads stay where they are.
  return std::async(std::launch::async,
                    [&] {
                      mount_read_only(read_only_);
                      return start(argv, environment);
                    })
      .get();
}

pid_t Spawn::start(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
  sigset_t all, none;
  ::sigfillset(&all);
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigdefault(&attributes_, &all);
  ::posix_spawnattr_setsigmask(&attributes_, &none);
  ::posix_spawnattr_setflags(&attributes_, flags_);
  const auto arguments = pointers(argv), variables = pointers(environment);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, argv[0].c_str(), &actions_, &attributes_, arguments.data(), variables.data());
  if (error != 0)
    throw Error(msg::process_failed, {{"program", argv[0]}, {"status", "-"}, {"output", std::strerror(error)}});
  return pid;
}

}  // namespace dfi
