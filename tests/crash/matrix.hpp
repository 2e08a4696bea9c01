// SPDX-License-Identifier: Apache-2.0
// One row of the crash matrix: a run, killed at each durable operation and then resumed or rolled back.
#pragma once
#include "tests/support/product.hpp"

namespace dfi::test {

struct Scenario {
  const char* name;
  void (*prepare)(Host& host);  // from an empty host to the state in which the run under test begins
  Words (*verb)(Host& host);
  bool services = true;    // they run when the run begins
  bool goes_back = false;  // the run under test is itself a way back: `resume` may end in the old state
};

enum class Way { resume, rollback };

/// A start state that can be brought back as often as needed, always at the same path (journals name paths).
class Bench {
 public:
  explicit Bench(const Scenario& scenario);
  /// Number of durable operations of an undisturbed run; `old_state` and `new_state` are known then.
  long measure();
  /// Killed at operation k, then this way; "" if the end is exactly as promised.
  std::string killed_at(long k, Way way);

 private:
  void bring_back();
  std::string judge(const Finished& finished, Way way);
  std::string clean();
  bool is(const Tree& wanted) { return difference(wanted, now_).empty(); }

  const Scenario& scenario_;
  Host host_{"demoprod", true};
  Words verb_;
  Tree old_, new_, now_;
};

/// Which operations of n are tried: DFI_CRASH_ONLY=K that one, DFI_FULL=1 all; else the first and last two and every
/// 5th.
std::vector<long> sample(long n, long first);

extern const std::vector<Scenario> scenarios;

}  // namespace dfi::test
