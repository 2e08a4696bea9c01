// SPDX-License-Identifier: Apache-2.0
// The receiving end of NOTIFY_SOCKET (sd_notify(3)), as systemd offers it to its services. It is an abstract socket:
// nothing to clean up after a kill, no limit by the length of the state directory. Only our user and root are believed.
#pragma once
#include <chrono>
#include <string>

#include "base/fd.hpp"

namespace dfi {

class NotifySocket {
 public:
  /// A new socket with a name nobody can guess.
  NotifySocket();
  /// The value of NOTIFY_SOCKET: "@dfinstall/…". As it is unique, it also marks the process that was given it.
  const std::string& address() const { return address_; }
  /// True as soon as READY=1 arrived; false if it did not within `wait`.
  bool ready_within(std::chrono::milliseconds wait);

 private:
  bool receive();

  std::string address_;
  Fd socket_;
};

}  // namespace dfi
