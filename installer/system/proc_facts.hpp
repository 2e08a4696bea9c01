// SPDX-License-Identifier: Apache-2.0
// What /proc tells about one process in words. Every function answers "nothing" for a process that is gone meanwhile.
#pragma once
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/proc.hpp"
#include "system/file_facts.hpp"

namespace dfi::proc {

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
