// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/pauses.hpp"

#include <algorithm>
#include <random>

namespace faxmail {
namespace {

template <std::size_t size>
std::chrono::seconds step(const int (&ladder)[size], std::int64_t index) {
  const auto last = static_cast<std::int64_t>(size) - 1;
  return std::chrono::seconds(ladder[std::clamp<std::int64_t>(index, 0, last)]);
}

}  // namespace

std::chrono::seconds retry_pause(const std::vector<std::chrono::seconds>& ladder, std::int64_t tries) {
  constexpr std::chrono::seconds cap = std::chrono::hours(4);
  static thread_local std::minstd_rand random{std::random_device{}()};
  const auto last = static_cast<std::int64_t>(ladder.size()) - 1;
  auto pause = ladder[static_cast<std::size_t>(std::clamp<std::int64_t>(tries, 0, last))];
  for (auto more = tries - last; more > 0 && pause < cap; --more) pause *= 2;
  std::uniform_real_distribution<double> around(0.8, 1.2);
  const auto varied = static_cast<std::int64_t>(static_cast<double>(std::min(pause, cap).count()) * around(random));
  return std::chrono::seconds(std::max<std::int64_t>(1, varied));
}

std::chrono::seconds broken_pause(std::int64_t tries) {
  static constexpr int ladder[] = {2, 10, 60, 300, 900, 1800, 3600};
  return step(ladder, tries);
}

std::chrono::seconds server_pause(std::int64_t failures) {
  static constexpr int ladder[] = {1, 2, 5, 10, 20, 30, 60};
  return step(ladder, failures);
}

std::chrono::seconds account_pause(std::int64_t failures) {
  static constexpr int ladder[] = {60, 300, 600, 1800};
  return step(ladder, failures);
}

}  // namespace faxmail
