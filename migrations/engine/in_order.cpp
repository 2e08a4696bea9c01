// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/in_order.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace dfi::migrations {
namespace {

constexpr unsigned most_threads = 10;

class Crew {
 public:
  explicit Crew(const InOrder& job)
      : job_(job), next_(job.first), taken_(job.first), ready_(job.slots), errors_(job.slots) {
    try {
      for (unsigned i = 0; i < job.threads; ++i) threads_.emplace_back([this] { work(); });
    } catch (...) {
      stop();
      throw;
    }
  }
  ~Crew() { stop(); }

  void take_all() {
    for (std::uint64_t piece = job_.first; piece < job_.end; ++piece) {
      auto slot = static_cast<unsigned>(piece % job_.slots);
      {
        std::unique_lock lock(mutex_);
        done_.wait(lock, [&] { return ready_[slot]; });
      }
      if (errors_[slot]) std::rethrow_exception(errors_[slot]);
      job_.take(slot, piece);
      std::lock_guard lock(mutex_);
      ready_[slot] = false;
      ++taken_;
      free_.notify_one();
    }
  }

 private:
  void work() {
    for (;;) {
      std::uint64_t piece = 0;
      {
        std::unique_lock lock(mutex_);
        free_.wait(lock, [&] { return stopped_ || next_ == job_.end || next_ < taken_ + job_.slots; });
        if (stopped_ || next_ == job_.end) {
          free_.notify_all();
          return;
        }
        piece = next_++;
      }
      auto slot = static_cast<unsigned>(piece % job_.slots);
      std::exception_ptr error;
      try {
        job_.work(slot, piece);
      } catch (...) {
        error = std::current_exception();
      }
      std::lock_guard lock(mutex_);
      errors_[slot] = error;
      ready_[slot] = true;
      done_.notify_one();
    }
  }

  void stop() {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    free_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  const InOrder& job_;
  std::mutex mutex_;
  std::condition_variable done_, free_;
  std::uint64_t next_, taken_;
  bool stopped_ = false;
  std::vector<char> ready_;
  std::vector<std::exception_ptr> errors_;
  std::vector<std::thread> threads_;
};

}  // namespace

void run_in_order(const InOrder& job) {
  if (job.threads > 1 && job.end - job.first > 1) return Crew(job).take_all();
  for (std::uint64_t piece = job.first; piece < job.end; ++piece) {
    auto slot = static_cast<unsigned>(piece % job.slots);
    job.work(slot, piece);
    job.take(slot, piece);
  }
}

unsigned threads_for(unsigned wish) {
  if (wish == 0) wish = std::max(1u, std::thread::hardware_concurrency());
  return std::min(wish, most_threads);
}

unsigned slots_for(unsigned threads) { return threads == 1 ? 1 : threads + 2; }

}  // namespace dfi::migrations
