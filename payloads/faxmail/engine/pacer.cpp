// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/pacer.hpp"

#include <algorithm>
#include <cmath>

namespace faxmail {
namespace {

constexpr double ramp_start = 20, ramp_end = 1000;
constexpr std::int64_t minute = 60'000;

}  // namespace

/// 0 = no ramp (any more).
double Pacer::ramp_rate(std::int64_t now) const {
  if (ramp_since_ < 0) return 0;
  const auto minutes = static_cast<double>((now - ramp_since_) / minute);
  const double rate = ramp_start * std::exp2(std::min(minutes, 30.0));
  const double end = per_minute_ > 0 ? std::min<double>(per_minute_, ramp_end) : ramp_end;
  return rate >= end ? 0 : rate;
}

void Pacer::begin_ramp(std::int64_t now) {
  ramp_since_ = now;
  tokens_ = std::min(tokens_, 1.0);
  last_ = now;
}

std::int64_t Pacer::take(std::int64_t now) {
  const double ramp = ramp_rate(now);
  const double rate = ramp > 0 ? ramp : per_minute_;
  if (rate <= 0) return 0;
  if (last_ >= 0) tokens_ += static_cast<double>(now - last_) * rate / static_cast<double>(minute);
  tokens_ = std::min<double>(tokens_, ramp > 0 ? 1 : burst_);
  last_ = now;
  if (tokens_ >= 1) {
    tokens_ -= 1;
    return 0;
  }
  return static_cast<std::int64_t>(std::ceil((1 - tokens_) * static_cast<double>(minute) / rate));
}

}  // namespace faxmail
