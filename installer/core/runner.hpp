// SPDX-License-Identifier: Apache-2.0
// Executes, resumes and rolls back plans; the only code that moves the journal forward; the rules of failure stand in
// installer/README.md.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/run.hpp"
#include "core/step.hpp"

namespace dfi {

enum class Ending {
  done,         // new state
  unchanged,    // failed before anything was changed
  suspended,    // stopped, everything kept: resume or rollback
  rolled_back,  // failed, old state again
  broken,       // failed, and the way back failed too: resume or rollback after curing the cause
};

struct RunResult {
  Ending ending;
  std::optional<Error> error;           // the first error: the cause
  std::optional<Error> recovery_error;  // what then stopped the way back
  std::string failed_step;
  int exit_code = 0;
  std::optional<fs::path> evidence;  // what was found at the instant of the (last) failure
};

class Runner {
 public:
  Runner(const Plan& plan, Run& run, Journal& journal) : plan_(plan), run_(run), journal_(journal) {}

  /// First execution and resume are the same: steps with a result are skipped, probes run again. A run whose way back
  /// was begun goes on backwards.
  RunResult execute();
  /// Back to the old state. Throws Error past_open if the product was already released to its users.
  RunResult rollback();
  /// The users are back: no rollback any more.
  bool released() const { return reached(StepKind::open); }

 private:
  void apply(const Step& step, std::size_t number);
  void revert_all();
  RunResult failed(const Step& step, const Error& error);
  bool reached(StepKind kind) const;
  bool nothing_changed() const;
  bool was_suspended() const;

  const Plan& plan_;
  Run& run_;
  Journal& journal_;
};

/// The lock that keeps a second run out (flock on run.lock, freed by the kernel when its owner dies).
class RunLock {
 public:
  /// Throws Error run_active (exit 7) naming the run and process that holds it.
  static RunLock take(const Layout& layout);

 private:
  explicit RunLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace dfi
