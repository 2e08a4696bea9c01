// SPDX-License-Identifier: Apache-2.0
// Locks as the kernel lists them in /proc/locks and in the "lock:" lines of /proc/PID/fdinfo/N.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/file_facts.hpp"

namespace dfi::proc {

struct Lock {
  std::string type;  // "POSIX", "OFD", "FLOCK", "LEASE"
  bool write;
  pid_t pid;  // -1 for OFD locks: they belong to an open file, not to a process; 0: in another pid namespace
  FileKey file;
  std::uint64_t first, last;
};

/// One line, e.g. "POSIX  ADVISORY  WRITE 14041 fe:00:10987778 1073741825 1073741825" with or without its number.
/// Nothing for other text and for a process that only waits ("->").
std::optional<Lock> parse_lock(std::string_view line);
/// The locks of /proc/locks.
std::vector<Lock> all_locks();
/// The locks that the open file of this fdinfo text holds.
std::vector<Lock> locks_of_fdinfo(const std::string& fdinfo);

/// "POSIX write (SQLite RESERVED), POSIX read (SQLite SHARED)": what these locks of one process on `file` mean.
std::string lock_words(const std::vector<Lock>& locks, const fs::path& file);

}  // namespace dfi::proc
