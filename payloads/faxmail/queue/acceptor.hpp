// SPDX-License-Identifier: Apache-2.0
// Accepts mails of several threads with one flush of the disk for all that wait at the same moment (group commit): the
// answer still comes only when the mail is on disk, but eight producers share what one would pay.
#pragma once
#include <condition_variable>
#include <exception>
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
    bool done = false;
  };
  void run();
  void accept(const std::vector<Waiting*>& group);

  Queue queue_;
  const Bodies bodies_;
  std::mutex mutex_;
  std::condition_variable arrived_, accepted_;
  std::vector<Waiting*> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace faxmail
