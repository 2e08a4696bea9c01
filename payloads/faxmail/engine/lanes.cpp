// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/lanes.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.hpp"

namespace faxmail {
namespace {

/// Mails that keep one connection busy while the next ones are fetched.
constexpr int per_connection = 16;
/// Below this a further connection costs more than it saves.
constexpr std::size_t worth_another_connection = 4;

}  // namespace

Lanes::Lanes(std::vector<Account> accounts) : accounts_(std::move(accounts)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) throw dfi::os_error("open", "eventfd");
  for (const auto& account : accounts_) {
    lanes_.push_back({{}, Pacer(account.limits.rate_per_minute, account.limits.burst), {}});
    senders_ += account.limits.max_connections;
  }
}

std::size_t Lanes::lane_of(const std::string& sender) const {
  const auto at = sender.rfind('@');
  const auto domain = at == std::string::npos ? std::string() : sender.substr(at);
  for (const auto& wanted : {sender, domain})
    for (std::size_t i = 1; i < accounts_.size(); ++i)
      if (std::find(accounts_[i].senders.begin(), accounts_[i].senders.end(), wanted) != accounts_[i].senders.end())
        return i;
  return 0;
}

std::int64_t Lanes::take_locked(Lane& lane, int sender, MailPointer& mail) {
  const auto enough = sender == 0 ? 1 : static_cast<std::size_t>(sender) * worth_another_connection + 1;
  if (stopping_ || lane.ready.size() < enough) return -1;
  const auto now = dfi::monotonic_ms();
  if (!lane.breaker.would_admit(now)) return lane.breaker.until() > now ? lane.breaker.until() - now : -1;
  if (const auto pause = lane.pacer.take(now); pause > 0) return pause;
  lane.breaker.admit(now);
  mail = std::move(lane.ready.front());
  lane.ready.pop_front();
  return 0;
}

MailPointer Lanes::wait(std::size_t number, int sender, std::chrono::milliseconds idle) {
  std::unique_lock lock(mutex_);
  auto& lane = lanes_[number];
  const auto end = dfi::monotonic_ms() + idle.count();
  for (;;) {
    MailPointer mail;
    auto again = take_locked(lane, sender, mail);
    if (mail || stopping_) return mail;
    if (idle.count() > 0) {
      const auto left = end - dfi::monotonic_ms();
      if (left <= 0) return nullptr;
      again = again < 0 ? left : std::min(again, left);
    }
    if (again < 0)
      changed_.wait(lock);
    else
      changed_.wait_for(lock, std::chrono::milliseconds(again));
  }
}

MailPointer Lanes::try_next(std::size_t lane, int sender) {
  const std::lock_guard lock(mutex_);
  MailPointer mail;
  // The probe's own connection goes on only when its first mail has been answered.
  if (!lanes_[lane].breaker.open()) take_locked(lanes_[lane], sender, mail);
  return mail;
}

void Lanes::post(Event event, bool urgent) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  const std::uint64_t one = 1;
  if (urgent && ::write(wake_.get(), &one, sizeof one) < 0) throw dfi::os_error("write", "eventfd");
}

void Lanes::mark_dot(std::size_t lane, const MailPointer& mail) {
  post({Event::Kind::dot, lane, mail}, true);
  std::unique_lock lock(mutex_);
  auto answer = dots_.end();
  answered_.wait(lock, [&] {
    answer = std::find(dots_.begin(), dots_.end(), mail.get());
    return failure_ || answer != dots_.end();
  });
  if (failure_) throw *failure_;
  dots_.erase(answer);
}

void Lanes::sender_ended() {
  {
    const std::lock_guard lock(mutex_);
    --senders_;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto size = ::write(wake_.get(), &one, sizeof one);
}

std::vector<Event> Lanes::take_events() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto size = ::read(wake_.get(), &count, sizeof count);
  const std::lock_guard lock(mutex_);
  std::vector<Event> events;
  events.swap(events_);
  return events;
}

void Lanes::answer_dots(const std::vector<Event>& events) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& event : events)
      if (event.kind == Event::Kind::dot) dots_.push_back(event.mail.get());
  }
  answered_.notify_all();
}

void Lanes::offer(std::size_t lane, std::vector<MailPointer> mails) {
  {
    const std::lock_guard lock(mutex_);
    for (auto& mail : mails) lanes_[lane].ready.push_back(std::move(mail));
  }
  changed_.notify_all();
}

int Lanes::appetite(std::size_t number, std::int64_t now) {
  const std::lock_guard lock(mutex_);
  const auto& lane = lanes_[number];
  const int ready = static_cast<int>(lane.ready.size());
  if (stopping_ || !lane.breaker.would_admit(now)) return 0;
  if (lane.breaker.open()) return ready == 0 ? 1 : 0;
  const int full = per_connection * accounts_[number].limits.max_connections;
  return ready < full / 2 ? full - ready : 0;
}

std::vector<MailPointer> Lanes::withdraw(std::size_t lane, const std::string& sender) {
  const std::lock_guard lock(mutex_);
  auto& ready = lanes_[lane].ready;
  std::vector<MailPointer> taken;
  const auto stay = [&](const MailPointer& mail) {
    return !sender.empty() && mail->outgoing.envelope.from != sender;
  };
  const auto first = std::stable_partition(ready.begin(), ready.end(), stay);
  taken.assign(first, ready.end());
  ready.erase(first, ready.end());
  return taken;
}

std::size_t Lanes::ready() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& lane : lanes_) count += lane.ready.size();
  return count;
}

void Lanes::with(std::size_t lane, const std::function<void(Breaker&, Pacer&)>& work) {
  {
    const std::lock_guard lock(mutex_);
    work(lanes_[lane].breaker, lanes_[lane].pacer);
  }
  changed_.notify_all();
}

void Lanes::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

void Lanes::fail(const dfi::Error& error) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    failure_ = error;
  }
  changed_.notify_all();
  answered_.notify_all();
}

bool Lanes::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

int Lanes::senders() const {
  const std::lock_guard lock(mutex_);
  return senders_;
}

}  // namespace faxmail
