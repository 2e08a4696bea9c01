// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/layout.hpp"

namespace dfi {

/// Removes unfinished files (".NAME.tmpPID.N") which killed processes left in the directories dfinstall writes to.
/// Files of living processes stay. Called by the owner of the run lock.
void sweep_temporaries(const Layout& layout);

}  // namespace dfi
