// SPDX-License-Identifier: Apache-2.0
// The wish to end, as a file descriptor that any waiting can watch: readable = end.
#pragma once
#include <chrono>

#include "base/fd.hpp"

namespace faxmail {

class Stop {
 public:
  /// Ends on request() only.
  Stop();
  /// Ends on SIGTERM and SIGINT, which are blocked for this process from now on.
  static Stop on_signals();

  void request();
  bool requested() const { return wait(std::chrono::milliseconds(0)); }
  /// True as soon as the end is wished, false after the time.
  bool wait(std::chrono::milliseconds time) const;
  int fd() const { return fd_.get(); }

 private:
  explicit Stop(dfi::Fd fd) : fd_(std::move(fd)) {}
  dfi::Fd fd_;
};

}  // namespace faxmail
