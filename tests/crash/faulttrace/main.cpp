// SPDX-License-Identifier: Apache-2.0
//   faulttrace --below DIR [--at K --do WHAT] [--sticky] [--void-syncs] [--list FILE] COMMAND ARGUMENT...
// Runs the command; counts, over its whole process tree, the system calls that change files below DIR (fsync and its
// relatives, too), and does WHAT at the K-th one:
//   kill     SIGKILL for the whole tree, before the call is carried out
//   tear     a write is done by half, any other call wholly; then as above
//   freeze   the whole tree and the services stop for good, faulttrace itself stops (SIGSTOP); ends when it is killed
//   ENOSPC EIO EROFS EDQUOT EMFILE   it fails, or if it cannot fail so the next one that can; with --sticky every later
//            one, too
//   INT TERM HUP                     the command gets this signal, and the call is carried out
// --void-syncs: fsync, fdatasync, syncfs and sync_file_range say yes and do nothing.
// --list: one line for each counted call. Exit: that of the command; it dies by the signal the command died of.
// Not counted: processes in another session (the product's services), reads, and what is written through mmap.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/crash/faulttrace/tracer.hpp"

namespace {

using faulttrace::Action;
using faulttrace::Plan;
using faulttrace::Report;

struct Deed {
  const char* word;
  Action action;
  int number;
};

constexpr Deed deeds[] = {
    {"kill", Action::kill, 0},         {"tear", Action::tear, 0},         {"freeze", Action::freeze, 0},
    {"ENOSPC", Action::error, ENOSPC}, {"EIO", Action::error, EIO},       {"EROFS", Action::error, EROFS},
    {"EDQUOT", Action::error, EDQUOT}, {"EMFILE", Action::error, EMFILE}, {"INT", Action::signal, SIGINT},
    {"TERM", Action::signal, SIGTERM}, {"HUP", Action::signal, SIGHUP},
};

bool understand(Plan& plan, const char* word) {
  for (const auto& deed : deeds)
    if (std::strcmp(deed.word, word) == 0) {
      plan.action = deed.action;
      plan.number = deed.number;
      return true;
    }
  return false;
}

bool read_arguments(int argc, char** argv, Plan& plan) {
  int i = 1;
  for (; i < argc && std::strncmp(argv[i], "--", 2) == 0; ++i) {
    const std::string option = argv[i];
    if (option == "--sticky")
      plan.sticky = true;
    else if (option == "--void-syncs")
      plan.void_syncs = true;
    else if (++i == argc)
      return false;
    else if (option == "--below")
      plan.below = argv[i];
    else if (option == "--at")
      plan.at = std::atol(argv[i]);
    else if (option == "--list")
      plan.list = argv[i];
    else if (option != "--do" || !understand(plan, argv[i]))
      return false;
  }
  plan.command.assign(argv + i, argv + argc);
  return !plan.below.empty() && !plan.command.empty();
}

// Ends as the command ended.
int end_as(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  ::signal(WTERMSIG(status), SIG_DFL);
  ::raise(WTERMSIG(status));
  return 125;
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  if (!read_arguments(argc, argv, plan)) {
    std::fprintf(
        stderr,
        "usage: faulttrace --below DIR [--at K --do WHAT] [--sticky] [--void-syncs] [--list FILE] COMMAND...\n");
    return 125;
  }
  int channel[2];
  if (::pipe(channel) != 0) return 125;
  // The tracer is a process of its own: the command's end is reported while services still need a tracer.
  if (::fork() == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // until the command has ended
    ::close(channel[0]);
    faulttrace::trace(plan, channel[1]);
    return 0;
  }
  ::close(channel[1]);
  for (Report report{}; ::read(channel[0], &report, sizeof report) == static_cast<ssize_t>(sizeof report);) {
    if (report.what == Report::ended) return end_as(report.status);
    ::raise(SIGSTOP);
  }
  return 125;
}
