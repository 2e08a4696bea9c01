// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/stop.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <csignal>

#include "base/error.hpp"

namespace faxmail {

Stop::Stop() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_) throw dfi::os_error("open", "eventfd");
}

Stop Stop::on_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  if (::sigprocmask(SIG_BLOCK, &signals, nullptr) != 0) throw dfi::os_error("block", "signals");
  // Never read: a signal that came once keeps the descriptor readable, as it must.
  dfi::Fd fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) throw dfi::os_error("open", "signalfd");
  return Stop(std::move(fd));
}

void Stop::request() {
  const std::uint64_t one = 1;
  if (::write(fd_.get(), &one, sizeof one) < 0) throw dfi::os_error("write", "eventfd");
}

bool Stop::wait(std::chrono::milliseconds time) const {
  pollfd polled{fd_.get(), POLLIN, 0};
  return ::poll(&polled, 1, static_cast<int>(time.count())) > 0;
}

}  // namespace faxmail
