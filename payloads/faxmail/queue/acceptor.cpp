// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/queue/acceptor.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.hpp"

namespace faxmail {
namespace {

/// Enough for a producer to come again; on a slow disk too.
constexpr std::chrono::microseconds longest_pause{200};

}  // namespace

Acceptor::Acceptor(const Layout& layout, const Capability& capability)
    : queue_(layout, capability), bodies_(layout), thread_([this] { run(); }) {}

Acceptor::~Acceptor() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  arrived_.notify_all();
  gathered_.notify_all();
  thread_.join();
}

Accepted Acceptor::submit(const Submission& submission) {
  Waiting waiting{&submission, {}};
  // Every producer writes its own large body; only the row is shared work.
  if (submission.message.size() > largest_inline_body) waiting.file = bodies_.store(submission.message);
  std::unique_lock lock(mutex_);
  const auto group = next_;
  group->waiting.push_back(&waiting);
  if (group->waiting.size() == 1) arrived_.notify_one();
  if (group->waiting.size() >= expected_) gathered_.notify_one();
  lock.unlock();
  group->answered.wait(0);
  if (waiting.failure) std::rethrow_exception(waiting.failure);
  return waiting.accepted;
}

void Acceptor::run() {
  std::unique_lock lock(mutex_);
  std::chrono::nanoseconds pause{};
  for (;;) {
    arrived_.wait(lock, [&] { return ending_ || !next_->waiting.empty(); });
    if (next_->waiting.empty()) return;
    // Whoever has just been answered will often come again at once. Without this pause two halves of the producers
    // would take turns, each paying for a flush of its own.
    // Producers of large bodies come when their file is on disk, each at its own time.
    const bool large = !next_->waiting.front()->file.empty();
    gathered_.wait_for(lock, large ? pause.zero() : pause,
                       [&] { return ending_ || next_->waiting.size() >= expected_; });
    const auto group = std::exchange(next_, std::make_shared<Group>());
    lock.unlock();
    const auto begun = std::chrono::steady_clock::now();
    accept(group->waiting);
    pause = std::min<std::chrono::nanoseconds>((std::chrono::steady_clock::now() - begun) / 2, longest_pause);
    lock.lock();
    expected_ = group->waiting.size() + next_->waiting.size();
    lock.unlock();
    group->answered = 1;
    group->answered.notify_all();
    lock.lock();
  }
}

void Acceptor::accept(const std::vector<Waiting*>& group) {
  std::vector<const Submission*> submissions;
  std::vector<std::string> files;
  for (const auto* waiting : group) {
    submissions.push_back(waiting->submission);
    files.push_back(waiting->file);
  }
  try {
    const auto accepted = queue_.submit_all(submissions, files);
    for (std::size_t i = 0; i < group.size(); ++i) group[i]->accepted = accepted[i];
  } catch (const dfi::Error&) {
    const auto failure = std::current_exception();
    if (group.size() == 1) {
      group.front()->failure = failure;
      return;
    }
    // One bad mail must not take the others with it.
    for (auto* waiting : group) accept({waiting});
  }
}

}  // namespace faxmail
