// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/engine.hpp"

#include <poll.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "base/clock.hpp"
#include "payloads/faxmail/engine/pauses.hpp"
#include "payloads/faxmail/engine/sender.hpp"

namespace faxmail {
namespace {

constexpr std::int64_t tick_ms = 1000;
/// When to look for the commit of somebody who has begun to write.
constexpr std::int64_t soon_ms[] = {2, 5, 20, 60};

std::int64_t now() { return std::time(nullptr); }

}  // namespace

Engine::Engine(const Layout& layout, const Capability& capability, std::vector<Account> accounts, Settings settings,
               const Stop& stop, const Log& log)
    : layout_(layout),
      capability_(capability),
      settings_(std::move(settings)),
      stop_(stop),
      log_(log),
      ledger_(layout, capability),
      lanes_(std::move(accounts)),
      tracer_(settings_.trace, capability.name()),
      reports_(layout_, capability_, settings_, log),
      watcher_(layout.data()),
      refusals_(lanes_.accounts().size()),
      lost_logins_(lanes_.accounts().size()),
      ramps_(lanes_.accounts().size()) {}

void Engine::recover() {
  if (const int active = ledger_.release_active(); active > 0)
    log_.say("engine.released", {{"count", std::to_string(active)}});
  bound_waits();
  const auto next = now() + settings_.resend_after.count();
  for (const auto& mail : ledger_.decide_undecided(next, settings_.hold_uncertain)) {
    const auto* text = mail.known                 ? "engine.decided"
                       : settings_.hold_uncertain ? "engine.uncertain_held"
                                                  : "engine.uncertain";
    log_.say(text, {{"id", std::to_string(mail.id)}, {"message_id", mail.message_id}});
  }
  forget_notes();
}

/// After the clock was set back mails would wait that much longer.
void Engine::bound_waits() {
  const auto longest = std::max<std::chrono::seconds>(longest_pause, settings_.resend_after);
  ledger_.bound_waits(now(), now() + longest.count());
}

/// What an engine noted about its accounts ends with it; so does a drain, but not an operator's pause.
void Engine::forget_notes() {
  for (const auto& [key, value] : ledger_.notes())
    if (key == "drain" || key == "trace" || key.rfind("account:", 0) == 0 || key.rfind("sender:", 0) == 0) ledger_.set_note(key, "");
  ledger_.commit();
}

void Engine::run() {
  std::vector<std::thread> threads;
  for (std::size_t lane = 0; lane < lanes_.accounts().size(); ++lane)
    for (int number = 0; number < lanes_.accounts()[lane].limits.max_connections; ++number)
      threads.emplace_back([this, lane, number] { Sender(lanes_, lane, number, tracer_, log_, stop_.fd()).run(); });
  std::optional<dfi::Error> failure;
  try {
    serve();
  } catch (const dfi::Error& error) {
    failure = error;
    lanes_.fail(error);
  }
  if (failure) give_up(*failure);
  for (auto& thread : threads) thread.join();
  if (failure) throw *failure;
}

/// FAXKA cannot be written any more: nothing that a sender in transfer will learn could be kept. It may wait for its
/// server for minutes; the next start knows what is undecided.
void Engine::give_up(const dfi::Error& failure) const {
  for (int i = 0; i < 50 && lanes_.senders() > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  if (lanes_.senders() == 0) return;
  log_.error(failure);
  std::_Exit(failure.exit_code());
}

void Engine::serve() {
  while (!stop_.requested() && !lanes_.stopping()) round(look_again());
  lanes_.stop();
  // The senders finish what they have begun; they still need their dots and results on disk.
  while (lanes_.senders() > 0) round(tick_ms);
  for (std::size_t lane = 0; lane < lanes_.accounts().size(); ++lane) withdraw(lane, {}, 0, {});
  round(0);
  forget_notes();
  ledger_.sync_results();
  reports_.run(now());
}

/// Everything that has gathered becomes durable together, then whoever waits for it is answered.
void Engine::round(std::int64_t timeout_ms) {
  wait(timeout_ms);
  if (watcher_.drain()) looks_left_ = std::size(soon_ms);
  const auto events = lanes_.take_events();
  for (const auto& event : events) settle(event);
  housekeeping();
  if (!lanes_.stopping()) lease();
  ledger_.commit();
  lanes_.answer_dots(events);
  // What has woken the watcher now is our own commit, which needs no look; somebody may have begun right behind it.
  if (watcher_.drain() && looks_left_ == 0) looks_left_ = 1;
}

void Engine::wait(std::int64_t timeout_ms) const {
  pollfd polled[] = {{lanes_.event_fd(), POLLIN, 0},
                     {watcher_.fd(), POLLIN, 0},
                     // While the senders finish, the wish to stop would wake us for ever.
                     {lanes_.stopping() ? -1 : stop_.fd(), POLLIN, 0}};
  if (::poll(polled, std::size(polled), static_cast<int>(timeout_ms)) < 0 && errno != EINTR)
    throw dfi::os_error("poll", "events");
}

/// Milliseconds until something is to be done without being asked.
std::int64_t Engine::look_again() {
  const auto left = std::max<std::int64_t>(0, next_tick_ - dfi::monotonic_ms());
  return looks_left_ == 0 ? left : std::min(left, soon_ms[std::size(soon_ms) - looks_left_--]);
}

void Engine::lease() {
  if (suspended_ || !look_at_queue_) return;
  const auto time = now();
  const auto due = ledger_.next_due();
  if (!due || *due > time) {
    look_at_queue_ = false;
    return;
  }
  for (std::size_t lane = 0; lane < lanes_.accounts().size(); ++lane) {
    const int appetite = lanes_.appetite(lane, dfi::monotonic_ms());
    if (appetite == 0) continue;
    auto mails = ledger_.lease(time, appetite, [&](const std::string& sender) {
      return lanes_.lane_of(sender) == lane && holds_.admit(sender, time);
    });
    std::vector<MailPointer> ready;
    for (auto& mail : mails) ready.push_back(std::make_shared<QueuedMail>(std::move(mail)));
    // A mail may be sent only when it is marked as taken: an operator could still delete it.
    if (!ready.empty()) ledger_.commit();
    lanes_.offer(lane, std::move(ready));
  }
}

}  // namespace faxmail
