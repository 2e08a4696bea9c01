// SPDX-License-Identifier: Apache-2.0
// A program of the release under control: a process group of its own, cleared environment, private directory, lines of
// JSON from its descriptor 3, a watchdog. Internal to the engine; the contract is in migrations/README.md ("external").
#pragma once
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "migrations/engine/engine.hpp"

namespace dfi::migrations {

struct ExternalCall {
  std::vector<std::string> argv;  // [0]: path of the program
  fs::path directory;             // it works here
  fs::path log;                   // its stdout and stderr
  fs::path input;                 // read-only for it, where that can be had
};

/// In the environment of each program: its private directory with a slash at the end.
constexpr const char* program_mark = "DFINSTALL_CONVERSION";

/// A started program. The destructor ends it with everything in its process group.
class ExternalProgram {
 public:
  /// Throws Error process_failed if it cannot be started.
  explicit ExternalProgram(const ExternalCall& call);
  ExternalProgram(const ExternalProgram&) = delete;
  ExternalProgram& operator=(const ExternalProgram&) = delete;
  ~ExternalProgram();

  /// Waits at most so long for lines or the end of the program; false once it has ended and every line was given out.
  bool wait(std::chrono::milliseconds longest, const std::function<void(const std::string& line)>& tell);
  /// SIGTERM, five seconds later SIGKILL, to the whole group.
  void end();
  /// After wait() said false: exit code, or 128 + signal.
  int status() const { return status_; }

 private:
  bool reap(bool block);
  void read_lines(const std::function<void(const std::string&)>& tell);

  pid_t pid_ = 0;
  Fd lines_, handle_;
  std::string rest_;
  bool ended_ = false;
  int status_ = 0;
};

}  // namespace dfi::migrations
