// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/waiting.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "messages/mail.hpp"

namespace faxmail {

std::int64_t deadline_in(std::chrono::milliseconds time) { return dfi::monotonic_ms() + time.count(); }

short wait_for(int fd, short events, int interrupt_fd, std::int64_t deadline) {
  for (;;) {
    const auto left = std::max<std::int64_t>(0, deadline - dfi::monotonic_ms());
    pollfd polled[2] = {{fd, events, 0}, {interrupt_fd, POLLIN, 0}};
    const int ready = ::poll(polled, 2, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready < 0 && errno != EINTR) throw dfi::os_error("poll", "socket");
    if (ready > 0 && polled[1].revents != 0) throw dfi::Error(dfi::msg::mail_stopping);
    if (ready > 0) return polled[0].revents;
    if (ready == 0 && left == 0) return 0;
  }
}

}  // namespace faxmail
