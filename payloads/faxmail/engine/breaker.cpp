// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/breaker.hpp"

#include "payloads/faxmail/engine/pauses.hpp"

namespace faxmail {

Breaker::Opened Breaker::trouble(Scope scope, const std::string& reason, std::int64_t now) {
  const auto pause = scope == Scope::account ? account_pause(failures_) : server_pause(failures_);
  const bool news = !open_ || reason != reason_;
  if (!open_) since_ = now;
  ++failures_;
  open_ = true;
  probing_ = false;
  reason_ = reason;
  until_ = now + std::chrono::milliseconds(pause).count();
  return {pause, news};
}

bool Breaker::would_admit(std::int64_t now) const { return !open_ || (!probing_ && now >= until_); }

bool Breaker::admit(std::int64_t now) {
  if (!would_admit(now)) return false;
  probing_ = open_;
  return true;
}

bool Breaker::success() {
  const bool was_open = open_;
  open_ = probing_ = false;
  failures_ = 0;
  reason_.clear();
  return was_open;
}

}  // namespace faxmail
