// SPDX-License-Identifier: Apache-2.0
// The end of the operator's window (--deadline): before each step, and about five times a second inside long ones, the
// run asks whether it can still be finished by then at this host's own rates. If not it goes back while there is time.
#pragma once
#include "steps/support.hpp"

namespace dfi::steps {

/// By the clock on the wall, as the operator means it: who sets that clock moves the deadline with it.
double seconds_until(std::int64_t deadline);
/// Throws Error deadline_missed (exit 15) if it would be over by then; `restart`: what the way back takes.
void require_time(std::int64_t deadline, double needed, double restart);

/// Keeps what `check` predicts for the rest of the run, and says it if there is a deadline. Parts that are done no
/// longer count.
void tell_time(Run& run, const Prediction& prediction);
/// Throws Error deadline_missed (exit 15) if the rest cannot be done by the deadline; inside a conversion its own pace
/// counts if it is slower than predicted. From the pivot on it never does:
/// going on takes no longer than going back.
void keep_deadline(const Run& run);
/// Makes keep_deadline() part of every look a step takes whether it may go on.
void watch_deadline(Run& run);

}  // namespace dfi::steps
