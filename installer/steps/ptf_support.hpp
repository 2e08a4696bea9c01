// SPDX-License-Identifier: Apache-2.0
// What the PTF steps share: the PTF of this run, opened again from the depot.
#pragma once
#include "ptf/engine/ptf.hpp"
#include "steps/support.hpp"

namespace dfi::steps {

inline ptf::Located located_ptf(const Run& run) {
  auto found = ptf::find_in_depot(run.layout(), run.note_text("id"), trusted_keys(run));
  require(found.has_value(), "the PTF stays in the depot");
  return *found;
}

inline Generation active_generation(const Run& run) {
  auto generation = Generation::current(run.layout());
  require(generation.has_value(), "PTFs need an installed product");
  return *generation;
}

}  // namespace dfi::steps
