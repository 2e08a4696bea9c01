// SPDX-License-Identifier: Apache-2.0
// How long the engine waits after what. A mail that is tried again has its own growing pause; trouble of the network,
// the server or the account pauses the whole loop and costs no mail an attempt.
#pragma once
#include <chrono>
#include <cstdint>

namespace faxmail {

/// Before the next attempt of a mail that was answered with "not now", after `tries` attempts: 60 s … 1 h.
std::chrono::seconds retry_pause(std::int64_t tries);
/// The same for a mail during whose transfer the connection broke: soon at first, it was nobody's verdict.
std::chrono::seconds broken_pause(std::int64_t tries);

/// The pause of the loop: 1, 2, 5 … 60 s; for a refused login from 60 s to 30 min, so that no account gets locked.
class LoopPause {
 public:
  std::chrono::seconds server();
  std::chrono::seconds account();
  /// A mail went through.
  void reset() { failures_ = 0; }

 private:
  std::int64_t failures_ = 0;
};

/// A mail older than this is no longer tried again.
constexpr std::chrono::hours mail_lifetime{96};

}  // namespace faxmail
