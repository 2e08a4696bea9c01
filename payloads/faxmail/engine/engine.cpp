// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/engine.hpp"

#include <ctime>

#include "base/clock.hpp"
#include "payloads/faxmail/config/accounts.hpp"
#include "payloads/faxmail/product/utc.hpp"

namespace faxmail {
namespace {

constexpr std::chrono::milliseconds look_again{200};
constexpr std::int64_t idle_close_ms = 15'000;
constexpr int mails_per_session = 100;

std::int64_t now() { return std::time(nullptr); }

/// Mails accepted before this time are too old.
std::string oldest_accepted() { return utc_text(now() - std::chrono::seconds(mail_lifetime).count()); }

}  // namespace

Engine::Engine(const Layout& layout, const Capability& capability, Config config, const Stop& stop, const Log& log,
               std::optional<Timeouts> timeouts)
    : capability_(capability),
      config_(std::move(config)),
      queue_(layout, capability),
      results_(layout, capability),
      stop_(stop),
      log_(log),
      timeouts_(timeouts) {}

void Engine::recover() {
  if (const int active = queue_.release_active(); active > 0)
    log_.say("engine.released", {{"count", std::to_string(active)}});
  for (const auto& entry : queue_.undecided()) {
    bool open = false;
    for (const auto& recipient : entry.recipients) {
      if (recipient.status != "queued") continue;
      const auto verdict = results_.verdict(entry.id, recipient.address);
      queue_.decide(entry.id, recipient.address, verdict);
      open = open || verdict == Verdict::unknown;
    }
    queue_.settle(entry.id, now());
    log_.say(open ? "engine.uncertain" : "engine.decided",
             {{"id", std::to_string(entry.id)}, {"message_id", entry.message_id}});
  }
}

void Engine::run() {
  while (!stop_.requested()) {
    if (!queue_.due(now())) {
      idle();
      continue;
    }
    if (session_ && (!session_->usable() || session_->mails() >= mails_per_session)) close();
    if (!session_ && !connect()) continue;
    if (const auto mail = queue_.take(now())) deliver(*mail);
  }
  close();
}

/// False after a pause: the queue was not touched.
bool Engine::connect() {
  try {
    auto account = accounts_of(config_, capability_).front();
    if (timeouts_) account.timeouts = *timeouts_;
    session_ = Session::open(account, stop_.fd());
    log_.say("engine.connected",
             {{"server", account.endpoint.server}, {"port", std::to_string(account.endpoint.port)}});
    return true;
  } catch (const dfi::Error& error) {
    const auto scope = scope_of(error);
    if (!scope) throw;
    if (*scope == Scope::stopping) return false;
    log_.error(error);
    pause(*scope == Scope::account ? loop_pause_.account() : loop_pause_.server());
    return false;
  }
}

void Engine::deliver(const QueuedMail& mail) {
  Delivery delivery;
  try {
    delivery = session_->send(mail.envelope, mail.message, [&] { queue_.mark_dot(mail.id); });
  } catch (const dfi::Error& error) {
    if (!scope_of(error)) throw;
    return broken_off(mail, error);
  }
  last_used_ms_ = dfi::monotonic_ms();
  loop_pause_.reset();
  store(mail, std::move(delivery), retry_pause(mail.tries));
}

void Engine::broken_off(const QueuedMail& mail, const dfi::Error& error) {
  // Between two mails a server may close a connection as it likes; that is nothing to count or to wait for.
  const bool stale = session_->mails() > 0 && session_->progress() <= Progress::envelope;
  session_.reset();
  if (scope_of(error) == Scope::account) {
    queue_.release(mail.id);
    log_.error(error);
    return pause(loop_pause_.account());
  }
  if (stale) return queue_.release(mail.id);
  log_.error(error);
  Delivery delivery;
  for (const auto& address : mail.envelope.to)
    delivery.push_back({address, Outcome::temporary, 0, dfi::text(error.message(), log_.language())});
  store(mail, std::move(delivery), broken_pause(mail.tries));
  pause(loop_pause_.server());
}

void Engine::store(const QueuedMail& mail, Delivery delivery, std::chrono::seconds pause) {
  const bool too_old = mail.accepted < oldest_accepted();
  std::size_t count = 0;
  for (auto& result : delivery) {
    if (too_old && result.outcome == Outcome::temporary) result.outcome = Outcome::permanent;
    if (result.outcome == Outcome::sent) ++count;
  }
  results_.write(mail.id, delivery);
  queue_.finish(mail.id, delivery, now() + pause.count());
  const auto id = std::to_string(mail.id);
  for (const auto& result : delivery) {
    if (result.outcome == Outcome::sent) continue;
    log_.say(result.outcome == Outcome::permanent ? "engine.failed" : "engine.retry",
             {{"id", id},
              {"recipient", result.address},
              {"code", std::to_string(result.code)},
              {"reply", result.text},
              {"seconds", std::to_string(pause.count())}});
  }
  log_.say("engine.sent", {{"id", id},
                           {"message_id", mail.message_id},
                           {"sent", std::to_string(count)},
                           {"recipients", std::to_string(delivery.size())}});
}

void Engine::pause(std::chrono::seconds time) {
  log_.say("engine.paused", {{"seconds", std::to_string(time.count())}});
  stop_.wait(time);
}

void Engine::idle() {
  if (session_ && dfi::monotonic_ms() - last_used_ms_ > idle_close_ms) close();
  stop_.wait(look_again);
}

void Engine::close() {
  if (session_) session_->quit();
  session_.reset();
}

}  // namespace faxmail
