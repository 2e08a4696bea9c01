// SPDX-License-Identifier: Apache-2.0
// Where the engine's thread and the senders' threads meet: one lane per account with the mails that are ready, and the
// events on their way back. Every function may be called from any thread.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "base/fd.hpp"
#include "payloads/faxmail/engine/breaker.hpp"
#include "payloads/faxmail/engine/event.hpp"
#include "payloads/faxmail/engine/pacer.hpp"
#include "payloads/faxmail/smtp/account.hpp"

namespace faxmail {

class Lanes {
 public:
  explicit Lanes(std::vector<Account> accounts);

  const std::vector<Account>& accounts() const { return accounts_; }
  /// The account that serves a sender address: by address, by domain, else the default.
  std::size_t lane_of(const std::string& sender) const;

  // For senders. `sender` is the number of the connection within its lane: the first takes whatever comes, a further
  // one only what would have to wait.
  /// The next mail; null when stopping, or after `idle` (0: never) without one.
  MailPointer wait(std::size_t lane, int sender, std::chrono::milliseconds idle);
  /// The next mail if one may leave at once, else null.
  MailPointer try_next(std::size_t lane, int sender);
  /// Returns when the mark is on disk. Throws what the engine failed with.
  void mark_dot(std::size_t lane, const MailPointer& mail);
  /// `urgent`: somebody waits for it; else it may go with the next urgent one.
  void post(Event event, bool urgent);
  void sender_ended();

  // For the engine.
  /// Readable when an urgent event waits.
  int event_fd() const { return wake_.get(); }
  std::vector<Event> take_events();
  /// After the commit: the dots of these events may leave.
  void answer_dots(const std::vector<Event>& events);
  void offer(std::size_t lane, std::vector<MailPointer> mails);
  /// Mails the lane would like to have now.
  int appetite(std::size_t lane, std::int64_t now);
  /// Takes ready mails out again: all, or those of one sender address.
  std::vector<MailPointer> withdraw(std::size_t lane, const std::string& sender = {});
  std::size_t ready() const;
  /// Runs `work` on the breaker and the pacer of a lane.
  void with(std::size_t lane, const std::function<void(Breaker&, Pacer&)>& work);
  /// No mail leaves any more; waiting senders return null.
  void stop();
  /// Nobody will answer any more: a waiting mark_dot() throws.
  void fail(const dfi::Error& error);
  bool stopping() const;
  int senders() const;

 private:
  struct Lane {
    std::deque<MailPointer> ready;
    Pacer pacer;
    Breaker breaker;
  };
  /// Milliseconds until it is worth asking again, -1 = only when something happens.
  std::int64_t take_locked(Lane& lane, int sender, MailPointer& mail);

  const std::vector<Account> accounts_;
  mutable std::mutex mutex_;
  std::condition_variable changed_, answered_;
  std::vector<Lane> lanes_;
  std::vector<Event> events_;
  std::vector<const QueuedMail*> dots_;  // answered
  std::optional<dfi::Error> failure_;
  bool stopping_ = false;
  int senders_ = 0;
  dfi::Fd wake_;
};

}  // namespace faxmail
