// SPDX-License-Identifier: Apache-2.0
// What /proc tells about one process. Every function answers "nothing" for a process that is gone meanwhile.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/file_facts.hpp"

namespace dfi::proc {

/// /proc/PID[/name]
fs::path path(pid_t pid, std::string_view name);
/// The content of a file of /proc, or empty.
std::string slurp(const fs::path& file);
/// Where a link of /proc points to, as the kernel writes it, or empty.
std::string link(const fs::path& file);

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

std::vector<std::string> arguments(pid_t pid);
/// The command line as one printable line; "[name]" if it has none.
std::string command(pid_t pid, const Stat& stat);
/// The name of its effective user, or the number.
std::string user(pid_t pid);
/// A file that is mapped, its name as the kernel writes it. One with several parts in a row is told once.
struct Mapping {
  FileKey file;
  std::string name;
};
std::vector<Mapping> mappings(pid_t pid);
/// "2026-11-23T04:05:06Z"
std::string started(const Stat& stat);
/// "pts/3", "tty1", "ttyS0"; empty without a terminal.
std::string terminal_name(unsigned device);
/// The innermost unit of systemd in the text of /proc/PID/cgroup; a service goes before a scope.
std::string unit_of(std::string_view cgroup);

}  // namespace dfi::proc
