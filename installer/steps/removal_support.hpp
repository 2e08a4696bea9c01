// SPDX-License-Identifier: Apache-2.0
// How a product leaves the host: for uninstall, and for a first installation that is taken back.
#pragma once
#include "core/generation.hpp"
#include "core/run.hpp"

namespace dfi::steps {

/// Notes which host objects of the active release go with it: those that are as it delivered them; `all`: also what the
/// administrator has changed. To be called while it is active.
void note_host_objects(Run& run, const Generation& generation, bool all);
/// Removes them, their units first, then product tree and formats. Can be repeated.
void remove_product(Run& run);
/// Removes those of these directories below the root in which nothing is any more.
void remove_if_empty(const Run& run, const std::vector<std::string>& paths);

}  // namespace dfi::steps
