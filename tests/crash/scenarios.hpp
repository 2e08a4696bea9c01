// SPDX-License-Identifier: Apache-2.0
// The rows of every table of crash tests: a start state, and the run that is disturbed.
#pragma once
#include "tests/support/product.hpp"

namespace dfi::test {

struct Scenario {
  const char* name;
  void (*prepare)(Host& host);  // from an empty host to the state in which the run under test begins
  Words (*verb)(Host& host);
  bool services = true;                   // they run when the run begins
  bool goes_back = false;                 // the run under test is itself a way back: `resume` may end in the old state
  Words (*resume)(Host& host) = nullptr;  // instead of a bare `resume`: what is needed to go on is said again
};

enum class Way { resume, rollback };

extern const std::vector<Scenario> scenarios;
const Scenario& scenario_named(const std::string& name);
/// "UpdateRollback".
std::string row_name(std::size_t scenario, Way way);

}  // namespace dfi::test
