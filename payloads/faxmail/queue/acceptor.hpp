// SPDX-License-Identifier: Apache-2.0
// Accepts mails of several threads with one flush of the disk for all that wait at the same moment (group commit): the
// answer still comes only when the mail is on disk, but eight producers share what one would pay.
#pragma once
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "payloads/faxmail/queue/queue.hpp"

namespace faxmail {

class Acceptor {
 public:
  Acceptor(const Layout& layout, const Capability& capability);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// From any thread; throws what Queue::submit() throws.
  Accepted submit(const Submission& submission);

 private:
  struct Waiting {
    const Submission* submission;
    std::string file;
    Accepted accepted{};
    std::exception_ptr failure{};
  };
  /// Those that become durable together are answered together, and nobody else is woken.
  struct Group {
    std::vector<Waiting*> waiting;
    std::atomic<int> answered = 0;  // waited for without the mutex, which all of them would want at once
  };
  void run();
  void accept(const std::vector<Waiting*>& group);

  Queue queue_;
  const Bodies bodies_;
  std::mutex mutex_;
  std::condition_variable arrived_, gathered_;
  std::size_t expected_ = 1;  // as many as were waiting or being answered the last time
  std::shared_ptr<Group> next_ = std::make_shared<Group>();
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace faxmail
