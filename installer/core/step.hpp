// SPDX-License-Identifier: Apache-2.0
// A verb is a plan, a plan is a table of steps in the order in which they happen. A step is a row with two functions:
// no base class, no registration; what it must remember is a journal note or visible on disk.
// apply may run twice (after a crash): it begins with "is it already so?". revert may run after any part of apply.
#pragma once
#include <cstddef>

#include "base/message.hpp"

namespace dfi {

class Run;

enum class StepKind {
  probe,    // reads only; runs again at every resume before the pivot
  prepare,  // the product runs on; changes nothing but dfinstall's own files
  change,   // before the pivot, the product is down or locked: journalled
  pivot,    // at most one: its intent is the decision; from here resume goes forward
  after,    // after the pivot, the product is not yet released to its users: a failure goes back by itself
  open,     // the product is released: from here there is only forward
};

enum class OnFailure {
  undo,     // go back by itself
  suspend,  // stop here with everything kept; the operator cures the cause and resumes
};

struct Step {
  const char* id;
  Msg title;
  StepKind kind;
  void (*apply)(Run&);
  void (*revert)(Run&);  // null: nothing to take back
  OnFailure on_failure = OnFailure::undo;
};

struct Plan {
  const char* verb;
  const Step* steps;
  std::size_t size;
};

/// Checked by static_assert for every plan: unique ids, at most one pivot, kinds in the order of StepKind after it.
constexpr bool well_formed(const Step* steps, std::size_t size) {
  auto same = [](const char* a, const char* b) {
    for (; *a && *a == *b; ++a, ++b) {
    }
    return *a == *b;
  };
  bool pivot = false, open = false;
  for (std::size_t i = 0; i < size; ++i) {
    const auto kind = steps[i].kind;
    if (!steps[i].apply) return false;
    if (kind == StepKind::pivot) {
      if (pivot || open || !steps[i].revert) return false;
      pivot = true;
    } else if (kind == StepKind::open) {
      open = true;
    } else if (kind == StepKind::after) {
      if (!pivot || open) return false;
    } else if (pivot || open) {
      return false;
    }
    for (std::size_t j = 0; j < i; ++j)
      if (same(steps[i].id, steps[j].id)) return false;
  }
  return true;
}

template <std::size_t N>
constexpr bool well_formed(const Step (&steps)[N]) {
  return well_formed(steps, N);
}

template <std::size_t N>
constexpr Plan make_plan(const char* verb, const Step (&steps)[N]) {
  return {verb, steps, N};
}

}  // namespace dfi
