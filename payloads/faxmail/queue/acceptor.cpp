// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/queue/acceptor.hpp"

#include "base/error.hpp"

namespace faxmail {

Acceptor::Acceptor(const Layout& layout, const Capability& capability)
    : queue_(layout, capability), bodies_(layout), thread_([this] { run(); }) {}

Acceptor::~Acceptor() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  arrived_.notify_all();
  thread_.join();
}

Accepted Acceptor::submit(const Submission& submission) {
  Waiting waiting{&submission, {}};
  // Every producer writes its own large body; only the row is shared work.
  if (submission.message.size() > largest_inline_body) waiting.file = bodies_.store(submission.message);
  std::unique_lock lock(mutex_);
  waiting_.push_back(&waiting);
  arrived_.notify_one();
  accepted_.wait(lock, [&] { return waiting.done; });
  if (waiting.failure) std::rethrow_exception(waiting.failure);
  return waiting.accepted;
}

void Acceptor::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    arrived_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::vector<Waiting*> group;
    group.swap(waiting_);
    lock.unlock();
    accept(group);
    lock.lock();
    for (auto* waiting : group) waiting->done = true;
    accepted_.notify_all();
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
