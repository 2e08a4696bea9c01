// SPDX-License-Identifier: Apache-2.0
// Waiting for a descriptor with a deadline and a way to be stopped.
#pragma once
#include <chrono>
#include <cstdint>

namespace faxmail {

/// Monotonic milliseconds.
std::int64_t deadline_in(std::chrono::milliseconds time);

/// The poll events that came, 0 after the deadline. Throws Error mail_stopping if `interrupt_fd` (-1: none) is readable.
short wait_for(int fd, short events, int interrupt_fd, std::int64_t deadline);

}  // namespace faxmail
