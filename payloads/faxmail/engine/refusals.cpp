// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/refusals.hpp"

#include <algorithm>

namespace faxmail {
namespace {

constexpr int believed = 3;

/// Code and words without what differs from mail to mail; empty = not to be counted.
std::string verdict_of(const Delivery& delivery) {
  const auto& first = delivery.front();
  const bool one_verdict = std::all_of(delivery.begin(), delivery.end(), [&](const RecipientResult& result) {
    return result.outcome == Outcome::permanent && result.by_server && result.code == first.code;
  });
  if (!one_verdict) return {};
  const auto enhanced = first.text.substr(0, first.text.find(' '));
  if (enhanced.substr(0, 4) == "5.1." || enhanced.substr(0, 4) == "5.2.") return {};
  return std::to_string(first.code) + " " + enhanced;
}

}  // namespace

bool Refusals::suspicious(const Delivery& delivery) {
  if (delivery.empty()) return false;
  const auto verdict = verdict_of(delivery);
  if (verdict.empty() || verdict != last_) row_ = 0;
  last_ = verdict;
  if (verdict.empty()) return false;
  if (row_ >= believed) return true;
  ++row_;
  return false;
}

}  // namespace faxmail
