// SPDX-License-Identifier: Apache-2.0
// One row of the crash matrix: a run, killed at each durable operation and then resumed or rolled back.
#pragma once
#include "tests/crash/scenarios.hpp"

namespace dfi::test {

/// A start state that can be brought back as often as needed, always at the same path (journals name paths).
class Bench {
 public:
  explicit Bench(const Scenario& scenario);
  virtual ~Bench() = default;
  /// Number of durable operations of an undisturbed run; the old and the new state are known then.
  long measure();
  /// The same with file-changing system calls (as faulttrace names them) of the whole process tree.
  std::vector<std::string> calls();
  /// Killed at operation k, then this way; "" if the end is exactly as promised.
  std::string killed_at(long k, Way way);
  /// The run under faulttrace with these options kills it, then this way.
  std::string killed_by(const Words& options, Way way);
  /// The same, and the recovery is killed at its 1st, 1+step-th, 1+2·step-th … system call until one runs through.
  /// `kills`: how often that was.
  std::string stormed(const Words& options, Way way, long step, int& kills);
  /// The run under faulttrace with these options goes through, or fails with a message and the old state, or stays
  /// unfinished and ends as promised, this way. `ended`: how the run itself ended.
  std::string failed_by(const Words& options, Way way, Finished& ended);

 protected:
  /// Everything as it was when the run under test begins.
  virtual void bring_back();
  /// The run under test, as it runs under faulttrace with these options.
  Words traced(const Words& options, const Words& verb) const;
  /// From here on there is no release ZIP any more.
  void take_releases_away();
  void bring_releases_back();
  /// What the undisturbed run left is the new state.
  void learn(const Finished& finished);
  /// The command.
  Words recovery(Way way);
  /// The recovery of an unfinished run, and whether it ended as promised. `failed_itself`: the run was not killed, it
  /// met an error and may have begun its way back, which no `resume` turns round.
  std::string recover(Way way, bool failed_itself = false);
  bool nothing_unfinished();
  std::string judge(const Finished& finished, Way way, bool failed_itself = false);
  /// Nothing is left over, nothing unfinished, the gate is open, the product works. Notes the state.
  std::string clean();
  /// Clean, and what a run that ended well leaves.
  std::string done();
  bool was_installed() const;
  /// The state noted last is the one where the run began, or the one it leads to.
  std::string difference_to(bool may_be_old, bool may_be_new);
  bool is(const Tree& wanted) { return difference(wanted, now_).empty(); }

  const Scenario& scenario_;
  Host host_{"demoprod", true};
  Words verb_;
  Tree old_, new_, now_;

 private:
  fs::path releases() const { return host_.directory() / "vendor"; }
  fs::path releases_away() const { return host_.directory() / "vendor.away"; }
  std::string after_kill(const Finished& killed, Way way);
};

/// DFI_FULL=1: scripts/test --full.
bool full();
/// One line for scripts/crash-report, and properties of the test: so many of so many points were survived.
void report_points(const std::string& what, const std::string& verb, int survived, int points, const std::string& more);
/// Which operations of n are tried: DFI_CRASH_ONLY=K that one; else the first and last two and every `step`-th, with
/// DFI_FULL=1 all, with DFI_CRASH_STEP=N every N-th.
std::vector<long> sample(long n, long first, long step = 7);

}  // namespace dfi::test
