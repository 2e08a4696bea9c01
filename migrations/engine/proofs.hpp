// SPDX-License-Identifier: Apache-2.0
// Whether files still hold what a checkpoint says of them, found out while the pass already goes on behind it: the
// proof needs the memory, the rest of the pass needs processor and disk (README.md, Decisions). Internal to the engine.
#pragma once
#include <atomic>
#include <chrono>
#include <future>
#include <vector>

#include "migrations/engine/file_digest.hpp"

namespace dfi::migrations {

class Proofs {
 public:
  explicit Proofs(unsigned threads) : threads_(threads) {}
  Proofs(const Proofs&) = delete;
  Proofs& operator=(const Proofs&) = delete;
  ~Proofs() { stop_ = true; }

  /// One more to prove. Its file must stay open until the end, and may be appended to.
  void add(FileClaim claim) { claims_.push_back(std::move(claim)); }
  void begin();
  /// Whether hold() need not wait.
  bool ready(std::chrono::milliseconds wait) const { return result_.wait_for(wait) == std::future_status::ready; }
  /// False if one of them is false; to be asked once. Throws os_error.
  bool hold() { return result_.get(); }

 private:
  bool all_hold() const;

  unsigned threads_;
  std::vector<FileClaim> claims_;
  std::atomic<bool> stop_{false};
  std::future<bool> result_;  // last: it waits for the thread, which reads the others
};

}  // namespace dfi::migrations
