// SPDX-License-Identifier: Apache-2.0
// How many mails an account may send: a token bucket, and a slow start after a long outage (a relay that emptied a
// weekend's queue at once got its tenant blocked). Times are monotonic milliseconds of the caller.
#pragma once
#include <cstdint>

namespace faxmail {

class Pacer {
 public:
  /// `per_minute` 0: no limit. `burst`: mails that may follow each other without a pause.
  Pacer(int per_minute, int burst) : per_minute_(per_minute), burst_(burst > 0 ? burst : 1), tokens_(burst_) {}

  /// Milliseconds until the next mail may leave; 0 = now, and it is counted.
  std::int64_t take(std::int64_t now);
  /// From now on 20 mails a minute, twice as many each minute, until the limit (or a thousand a minute) is reached.
  void begin_ramp(std::int64_t now);
  bool ramping(std::int64_t now) const { return ramp_rate(now) > 0; }

 private:
  double ramp_rate(std::int64_t now) const;

  int per_minute_, burst_;
  double tokens_;
  std::int64_t last_ = -1, ramp_since_ = -1;
};

}  // namespace faxmail
