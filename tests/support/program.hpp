// SPDX-License-Identifier: Apache-2.0
// Real programs as children of a test: stdout, stderr, exit code, JSON document; signals in the middle.
#pragma once
#include <gtest/gtest.h>
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/message.hpp"

namespace dfi::test {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

struct Finished {
  int exit;  // exit code, or 128 + signal
  std::string out, err;
  /// The document on stdout; an empty object if there is none.
  Json json() const;
};

/// A child that runs beside the test. Killed by the destructor if it still runs.
class Child {
 public:
  /// `environment`: additional NAME=value.
  explicit Child(const Words& argv, const Words& environment = {});
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }
  void kill(int signal) const;
  /// Until the text stands on its stdout, at most 20 s.
  bool says(const std::string& text) const;
  /// Until the child has stopped itself by SIGSTOP. False if it ended instead.
  bool stopped();
  /// Its end, at most 120 s; after that it is killed.
  Finished wait();

 private:
  pid_t pid_;
  bool running_ = true;
  int status_ = 0;
  fs::path directory_;
};

Finished run(const Words& argv, const Words& environment = {});

/// Exit code and message id as expected; else everything the program said.
::testing::AssertionResult ended(const Finished& finished, int exit, Msg message);
::testing::AssertionResult ended(const Finished& finished, int exit = 0);

}  // namespace dfi::test
