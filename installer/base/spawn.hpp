// SPDX-License-Identifier: Apache-2.0
// How a child process starts: the one frame around posix_spawn. No signal is blocked or ignored in the child, whatever
// we did with ours; stdin is /dev/null.
#pragma once
#include <spawn.h>
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace dfi {

class Spawn {
 public:
  Spawn();
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;
  ~Spawn();

  /// Our descriptor becomes the child's.
  void give(int ours, int theirs);
  /// stdout and stderr go to this file; `flags` beside O_WRONLY | O_CREAT | O_APPEND.
  void log_to(const std::filesystem::path& path, int flags = 0);
  /// Nothing from this descriptor on is handed down, also of what we were started with. After every give().
  void close_from(int first);
  void work_in(const std::filesystem::path& directory);
  /// The child cannot change this file by this name, nor put another one in its place: a read-only mount of it in a
  /// mount namespace of its own. Where we may not make one (not root, no CAP_SYS_ADMIN) it sees the file as everybody.
  void show_read_only(const std::filesystem::path& file) { read_only_ = file; }
  void own_session();
  void own_group();

  /// PATH is searched; `environment` ("NAME=value") is all the child gets. Throws Error process_failed.
  pid_t run(const std::vector<std::string>& argv, const std::vector<std::string>& environment);

 private:
  pid_t start(const std::vector<std::string>& argv, const std::vector<std::string>& environment);

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  short flags_ = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  std::filesystem::path read_only_;
};

}  // namespace dfi
