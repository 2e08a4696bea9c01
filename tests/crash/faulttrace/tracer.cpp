// SPDX-License-Identifier: Apache-2.0
#include "tests/crash/faulttrace/tracer.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>

#include "tests/crash/faulttrace/calls.hpp"

namespace faulttrace {
namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "faulttrace: %s: %s\n", what, std::strerror(errno));
  ::_exit(125);
}

// The child waits here until it is traced.
[[noreturn]] void become(const Plan& plan, int go) {
  char byte = 0;
  if (::read(go, &byte, 1) != 1 || !install_filter()) fail("seccomp");
  std::vector<char*> words;
  for (const auto& word : plan.command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  fail(words[0]);
}

class Tracer {
 public:
  Tracer(const Plan& plan, int report_to) : plan_(plan), report_to_(report_to) {
    if (!plan.list.empty() && !(list_ = std::fopen(plan.list.c_str(), "we"))) fail("list");
  }

  void run() {
    begin();
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;) {
      if (pid <= 0) continue;
      if (WIFSTOPPED(status))
        stopped(pid, status);
      else
        ended(pid, status);
    }
  }

 private:
  void begin() {
    int go[2];
    if (::pipe(go) != 0) fail("pipe");
    session_ = ::getsid(0);
    main_ = ::fork();
    if (main_ == 0) {
      ::close(go[1]);
      become(plan_, go[0]);
    }
    const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                         PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD;
    if (::ptrace(PTRACE_SEIZE, main_, nullptr, options) != 0) fail("ptrace");
    known_.insert(main_);
    if (::write(go[1], "g", 1) != 1) fail("pipe");
    ::close(go[0]);
    ::close(go[1]);
  }

  // dfinstall starts each service in a session of its own: what happens there is the product's doing, not the run's.
  bool of_the_run(pid_t pid) const { return ::getsid(pid) == session_; }

  void go_on(pid_t pid, int signal = 0) { ::ptrace(PTRACE_CONT, pid, nullptr, static_cast<long>(signal)); }

  void ended(pid_t pid, int status) {
    known_.erase(pid);
    if (pid == main_) report(Report::ended, status);
  }

  void report(Report::What what, int status) {
    const Report text{what, status};
    if (what == Report::ended) {
      // The launcher ends as soon as it has read this; services need us beyond that.
      ::prctl(PR_SET_PDEATHSIG, 0);
      if (list_) std::fclose(list_);
      list_ = nullptr;
    }
    if (::write(report_to_, &text, sizeof text) != static_cast<ssize_t>(sizeof text)) ::_exit(125);
  }

  void stopped(pid_t pid, int status) {
    known_.insert(pid);
    const int signal = WSTOPSIG(status), event = status >> 16;
    if (killing_ && of_the_run(pid)) {
      ::kill(pid, SIGKILL);
    } else if (event == PTRACE_EVENT_SECCOMP) {
      called(pid);
    } else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
      ::ptrace(PTRACE_LISTEN, pid, nullptr, nullptr);  // stopped by somebody else: it stays so
    } else if (signal == (SIGTRAP | 0x80)) {
      kill_all();  // the torn call has been carried out
    } else {
      go_on(pid, event == 0 ? signal : 0);
    }
  }

  void called(pid_t pid) {
    Call call;
    if (!describe(pid, call)) return go_on(pid);
    const bool skipped = call.kind == Kind::sync && plan_.void_syncs;
    if (skipped) replace_result(pid, 0);
    if (!of_the_run(pid) || !below(call.path)) return go_on(pid);
    ++count_;
    if (list_) std::fprintf(list_, "%s %s\n", call.name, call.path.c_str());
    if (plan_.action == Action::error) return fail_if_due(call);
    if (count_ == plan_.at) return act(call);
    go_on(pid);
  }

  void fail_if_due(const Call& call) {
    if (count_ >= plan_.at && (plan_.sticky || !failed_) && can_fail_with(call.kind, plan_.number)) {
      failed_ = true;
      replace_result(call.pid, -plan_.number);
    }
    go_on(call.pid);
  }

  bool below(const std::string& path) const {
    return path.compare(0, plan_.below.size(), plan_.below) == 0 &&
           (path.size() == plan_.below.size() || path[plan_.below.size()] == '/');
  }

  void act(const Call& call) {
    switch (plan_.action) {
      case Action::kill: return kill_all();
      case Action::tear:
        halve(call);
        ::ptrace(PTRACE_SYSCALL, call.pid, nullptr, nullptr);
        return;
      case Action::freeze: return freeze();
      case Action::signal: ::kill(main_, plan_.number); break;
      case Action::none:
      case Action::error: break;
    }
    go_on(call.pid);
  }

  void kill_all() {
    killing_ = true;
    for (const pid_t pid : known_)
      if (of_the_run(pid)) ::kill(pid, SIGKILL);
  }

  // The caller stays where it is, everything else is stopped wherever it is; services, too. Only a thread that waits
  // in vfork for the caller's exec cannot be stopped, and cannot do anything either: it is not waited for.
  [[noreturn]] void freeze() {
    for (const pid_t pid : known_) ::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr);
    int status = 0;
    for (int quiet = 0; quiet < 20;)
      if (::waitpid(-1, &status, __WALL | WNOHANG) > 0) {
        quiet = 0;
      } else {
        ++quiet;
        ::usleep(1000);
      }
    report(Report::frozen, 0);
    for (;;) ::pause();
  }

  const Plan& plan_;
  int report_to_;
  std::FILE* list_ = nullptr;
  pid_t main_ = 0, session_ = 0;
  std::set<pid_t> known_;
  long count_ = 0;
  bool killing_ = false, failed_ = false;
};

}  // namespace

void trace(const Plan& plan, int report_to) { Tracer(plan, report_to).run(); }

}  // namespace faulttrace
