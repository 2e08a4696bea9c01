// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/pace.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace dfi::migrations {

void Pace::phase(std::size_t step, double from, double to) {
  step_ = step;
  from_ = from;
  to_ = to;
  tell(0);
}

void Pace::tell(double share) {
  const auto of_step = from_ + (to_ - from_) * std::clamp(share, 0.0, 1.0);
  const auto done = static_cast<std::uint64_t>((static_cast<double>(step_) + of_step) * static_cast<double>(bytes_));
  done_ = std::max(done_, std::min(done, bytes_ * steps_));
  last_ = std::chrono::steady_clock::now();
  supervisor_.progress(done_, bytes_ * steps_, 0);
}

bool Pace::look_in(const std::function<double()>& share) noexcept {
  if (thrown_) return false;
  if (std::chrono::steady_clock::now() - last_ < std::chrono::milliseconds(100)) return true;
  try {
    tell(share());
    return true;
  } catch (...) {
    thrown_ = std::current_exception();
    return false;
  }
}

void Pace::rethrow() const {
  if (thrown_) std::rethrow_exception(thrown_);
}

LookIn::LookIn(SQLite::Database& db, Pace& pace, std::function<double()> share)
    : db_(db), pace_(pace), share_(std::move(share)) {
  // A thousand operations of SQLite's machine are some twenty microseconds: the clock is looked at often enough even
  // where each of them waits for the disk, and costs nothing that can be measured.
  sqlite3_progress_handler(db_.getHandle(), 1000, &LookIn::called, this);
}

LookIn::~LookIn() { sqlite3_progress_handler(db_.getHandle(), 0, nullptr, nullptr); }

int LookIn::called(void* self) {
  auto& look = *static_cast<LookIn*>(self);
  return look.pace_.look_in(look.share_) ? 0 : 1;
}

}  // namespace dfi::migrations
