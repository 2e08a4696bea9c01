// SPDX-License-Identifier: Apache-2.0
// The circuit breaker of an account (decision D5): trouble of network, server or account stops the account and costs no
// mail anything; after a growing pause one sender probes; the first mail that goes through opens the way for all.
// Times are monotonic milliseconds of the caller.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "payloads/faxmail/smtp/delivery.hpp"

namespace faxmail {

class Breaker {
 public:
  struct Opened {
    std::chrono::seconds pause;
    bool news;  // an operator has not been told this reason yet
  };

  /// Network and server trouble pauses 1, 2, 5 … 60 s; the account's 1, 5, 10, 30 min, so that no mailbox gets locked.
  /// `reason` tells one trouble from another: the id of the message.
  Opened trouble(Scope scope, const std::string& reason, std::int64_t now);
  /// True if a sender may work. While it is open: false until the pause is over, then true for exactly one, the probe.
  bool admit(std::int64_t now);
  /// What admit() would say, without taking the probe.
  bool would_admit(std::int64_t now) const;
  /// A probe that ended without a verdict (its mail was given back) makes room for another.
  void probe_ended() { probing_ = false; }
  /// A mail got its answer. True if that ended a trouble.
  bool success();
  /// An operator wishes to try at once.
  void try_now() { until_ = 0; }

  bool open() const { return open_; }
  /// When the next probe is due; 0 = not open.
  std::int64_t until() const { return open_ ? until_ : 0; }
  std::int64_t since() const { return since_; }

 private:
  bool open_ = false, probing_ = false;
  int failures_ = 0;
  std::int64_t until_ = 0, since_ = 0;
  std::string reason_;
};

}  // namespace faxmail
