// SPDX-License-Identifier: Apache-2.0
// The readiness protocol of systemd: one datagram to $NOTIFY_SOCKET. Without that variable nothing happens.
#pragma once
#include <string_view>

namespace faxmail {

/// "READY=1", "STOPPING=1". A socket that cannot be reached is no reason to end.
void notify(std::string_view state);

/// "WATCHDOG=1" if the unit has a watchdog: this process is alive and its loop turns.
void notify_watchdog();

}  // namespace faxmail
