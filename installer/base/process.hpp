// SPDX-License-Identifier: Apache-2.0
// Child processes and the identity of processes that outlive us.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace dfi {

/// A process that can never be mistaken for a later one with the same number: pid, start time and boot all match.
struct ProcessIdentity {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // field 22 of /proc/PID/stat
  std::string boot_id;

  static ProcessIdentity current();
  /// Nothing if there is no such process.
  static std::optional<ProcessIdentity> of(pid_t pid);
  bool alive() const;
  bool operator==(const ProcessIdentity&) const = default;

  Json to_json() const;
  static ProcessIdentity from_json(const Json& json);
};

struct ProgramResult {
  int status;          // exit code, or 128 + signal
  std::string output;  // stdout and stderr together, at most 1 MiB
};

/// Runs a program (no shell, stdin closed) and waits. PATH is searched. Extra environment as "NAME=value".
/// Throws Error process_failed only if the program cannot be started; its status is the caller's business.
ProgramResult run_program(const std::vector<std::string>& argv, const std::vector<std::string>& environment = {},
                          std::chrono::seconds timeout = std::chrono::seconds(600));

/// Starts a program in a session of its own that outlives us; stdout and stderr go to `log` (appended).
ProcessIdentity spawn_detached(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
                               const std::string& log);

/// Sends a signal to exactly this process (pidfd, start time checked again). False if it is gone.
bool send_signal(const ProcessIdentity& process, int signal);
/// Waits until the process is gone. False after the time-out.
bool wait_gone(const ProcessIdentity& process, std::chrono::milliseconds timeout);

}  // namespace dfi
