// SPDX-License-Identifier: Apache-2.0
// Runs a command and does something at the k-th file-changing system call of its process tree.
#pragma once
#include <string>
#include <vector>

namespace faulttrace {

enum class Action { none, kill, tear, freeze, error, signal };

struct Plan {
  std::string below;  // only calls on files below this directory count
  long at = 0;
  Action action = Action::none;
  int number = 0;           // the errno or the signal
  bool sticky = false;      // every later call that can fail with this errno fails, too
  bool void_syncs = false;  // fsync and its relatives say yes and do nothing, in services as well
  std::string list;         // file for one line per counted call
  std::vector<std::string> command;
};

/// What the launcher is told, through a pipe.
struct Report {
  enum What { frozen, ended } what;
  int status;  // of the command, as from waitpid
};

/// Traces until nothing is left to trace: services of the product outlive the command and need us for every write.
/// Reports to this descriptor when all is frozen, and when the command has ended.
void trace(const Plan& plan, int report_to);

}  // namespace faulttrace
