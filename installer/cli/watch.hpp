// SPDX-License-Identifier: Apache-2.0
// A page that is looked at again and again on a terminal (F5 of the old screen).
#pragma once
#include <functional>

#include "cli/context.hpp"

namespace dfi::cli {

/// True if the page is wanted and stdin and stdout are a person's terminal.
bool may_watch(const Context& context);
/// Shows what `look` finds, every two seconds, until nothing blocks or a key or Ctrl-C comes; returns the last
/// findings, on a cleared screen.
Findings watch(const Context& context, const std::function<Findings()>& look);

}  // namespace dfi::cli
