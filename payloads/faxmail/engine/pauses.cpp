// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/pauses.hpp"

#include <algorithm>
#include <iterator>

namespace faxmail {
namespace {

template <std::size_t size>
std::chrono::seconds step(const int (&ladder)[size], std::int64_t index) {
  const auto last = static_cast<std::int64_t>(size) - 1;
  return std::chrono::seconds(ladder[std::clamp<std::int64_t>(index, 0, last)]);
}

}  // namespace

std::chrono::seconds retry_pause(std::int64_t tries) {
  static constexpr int ladder[] = {60, 120, 300, 900, 1800, 3600};
  return step(ladder, tries);
}

std::chrono::seconds broken_pause(std::int64_t tries) {
  static constexpr int ladder[] = {2, 10, 60, 300, 900, 1800, 3600};
  return step(ladder, tries);
}

std::chrono::seconds LoopPause::server() {
  static constexpr int ladder[] = {1, 2, 5, 10, 20, 30, 60};
  return step(ladder, failures_++);
}

std::chrono::seconds LoopPause::account() {
  static constexpr int ladder[] = {60, 300, 600, 1800};
  return step(ladder, failures_++);
}

}  // namespace faxmail
