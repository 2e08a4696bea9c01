// SPDX-License-Identifier: Apache-2.0
// What the PTF steps share: the PTF of this run, opened again from the depot.
#pragma once
#include "messages/release.hpp"
#include "ptf/engine/ptf.hpp"
#include "steps/support.hpp"

namespace dfi::steps {

inline ptf::Located located_ptf(const Run& run) {
  auto found = ptf::open_in_depot(run.note_text("file"), run.layout().product(), trusted_keys(run));
  if (found.manifest.ptf->id != run.note_text("id"))
    throw Error(msg::release_exchanged, {{"path", run.note_text("file")}});
  return found;
}

inline Generation active_generation(const Run& run) {
  auto generation = Generation::current(run.layout());
  require(generation.has_value(), "PTFs need an installed product");
  return *generation;
}

}  // namespace dfi::steps
