// SPDX-License-Identifier: Apache-2.0
// Reading /proc. Every function answers "nothing" for a process that is gone meanwhile, or is not ours to look at.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dfi::proc {

/// /proc/PID[/name]
std::filesystem::path path(pid_t pid, std::string_view name);
/// The content of a file of /proc, or empty.
std::string slurp(const std::filesystem::path& file);
/// Where a link of /proc points to, as the kernel writes it, or empty.
std::string link(const std::filesystem::path& file);

/// "\0NAME=value\0NAME=value\0": what a process was started with, and hands to its children.
std::string environment(pid_t pid);

/// All processes, ascending.
std::vector<pid_t> all();

/// The fields of /proc/PID/stat that we use.
struct Stat {
  std::string name;  // comm, 15 characters at most
  char state;
  pid_t parent, session;
  unsigned terminal;  // tty_nr
  bool kernel_thread;
  std::uint64_t start_ticks;
};
std::optional<Stat> stat(pid_t pid);

}  // namespace dfi::proc
