// SPDX-License-Identifier: Apache-2.0
// What an event means for its mail and for its account.
#include <algorithm>
#include <ctime>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/engine/engine.hpp"
#include "payloads/faxmail/engine/pauses.hpp"
#include "payloads/faxmail/product/utc.hpp"

namespace faxmail {
namespace {

/// A server that hangs up instead of answering a password, so often in a row, means the account.
constexpr int lost_logins_believed = 3;

std::int64_t now() { return std::time(nullptr); }

bool any(const Delivery& delivery, Scope scope) {
  return std::any_of(delivery.begin(), delivery.end(),
                     [&](const auto& result) { return result.outcome != Outcome::sent && result.scope == scope; });
}

}  // namespace

void Engine::settle(const Event& event) {
  switch (event.kind) {
    case Event::Kind::dot: return ledger_.mark_dot(event.mail->id);
    case Event::Kind::delivered: return delivered(event);
    case Event::Kind::broken: return broken(event);
    case Event::Kind::given_back: return given_back(event);
  }
}

void Engine::delivered(const Event& event) {
  const auto& mail = *event.mail;
  if (any(event.delivery, Scope::sender)) return hold_sender(event);
  if (refusals_[event.lane].suspicious(event.delivery)) {
    const auto& refusal = event.delivery.front();
    // Waits itself for a while, so that the probe is another mail.
    put_back(mail, now() + retry_pause(settings_.retry, 0).count(), "account");
    return trouble(event.lane, Scope::server,
                   dfi::Error(dfi::msg::smtp_same_refusal, {{"server", lanes_.accounts()[event.lane].endpoint.server},
                                                            {"code", std::to_string(refusal.code)},
                                                            {"reply", refusal.text}}));
  }
  success(event.lane);
  if (!holds_.empty() && holds_.clear(mail.outgoing.envelope.from)) {
    log_.say("engine.sender_resumed", {{"sender", mail.outgoing.envelope.from}});
    ledger_.set_note("sender:" + mail.outgoing.envelope.from, "");
    ledger_.wake("sender", mail.outgoing.envelope.from);
  }
  auto delivery = event.delivery;
  if (too_old(mail))
    for (auto& result : delivery)
      if (result.outcome == Outcome::temporary) result.outcome = Outcome::permanent;
  store(event, std::move(delivery), retry_pause(settings_.retry, mail.tries), {}, false);
}

/// The server does not let this account send as this sender: that is no fault of the mail.
void Engine::hold_sender(const Event& event) {
  const auto& sender = event.mail->outgoing.envelope.from;
  auto delivery = event.delivery;
  const RecipientResult* refusal = &delivery.front();
  for (auto& result : delivery) {
    if (result.scope != Scope::sender) continue;
    result.outcome = Outcome::temporary;
    refusal = &result;
  }
  const auto& user = lanes_.accounts()[event.lane].user;
  // "Not now" is asked again soon; a right that is missing somebody must give first.
  const std::chrono::seconds pause =
      refusal->code / 100 == 4 ? retry_pause(settings_.retry, event.mail->tries) : std::chrono::seconds(sender_pause);
  const auto until = now() + pause.count();
  const dfi::Error error(dfi::msg::smtp_sender_refused, {{"server", lanes_.accounts()[event.lane].endpoint.server},
                                                         {"user", user.empty() ? "-" : user},
                                                         {"sender", sender},
                                                         {"code", std::to_string(refusal->code)},
                                                         {"reply", refusal->text}});
  if (holds_.hold(sender, until)) log_.error(error);
  ledger_.set_note("sender:" + sender, dfi::Json{{"until", utc_text(until)}, {"text", error.what()}}.dump());
  success(event.lane);  // the account itself works
  store(event, std::move(delivery), pause, "sender", false);
  withdraw(event.lane, sender, until, "sender");
}

void Engine::broken(const Event& event) {
  const auto& mail = *event.mail;
  const auto& error = *event.error;
  const auto scope = scope_of(error).value_or(Scope::server);
  holds_.probe_ended(mail.outgoing.envelope.from);
  if (scope == Scope::message) return damaged(event);
  const bool uncertain = event.progress == Progress::dot;
  if (scope == Scope::account || (event.progress <= Progress::envelope && !uncertain)) {
    ledger_.release(mail.id, 0, {});
    return trouble(event.lane, scope, error);
  }
  Delivery delivery;
  for (const auto& address : mail.outgoing.envelope.to)
    delivery.push_back({address, too_old(mail) && !uncertain ? Outcome::permanent : Outcome::temporary, 0,
                        dfi::text(error.message(), log_.language()), Scope::message});
  trouble(event.lane, scope, error);
  if (!uncertain) return store(event, std::move(delivery), broken_pause(mail.tries), {}, false);
  log_.say(settings_.hold_uncertain ? "engine.uncertain_held" : "engine.uncertain",
           {{"id", std::to_string(mail.id)}, {"message_id", mail.message_id}});
  const auto pause = std::max<std::chrono::seconds>(settings_.resend_after, broken_pause(mail.tries));
  store(event, std::move(delivery), pause, "uncertain", settings_.hold_uncertain);
}

/// Its bytes are not what was accepted: only an operator can help, and nobody else's mail shall wait for that.
void Engine::damaged(const Event& event) {
  log_.error(*event.error);
  lanes_.with(event.lane, [](Breaker& breaker, Pacer&) { breaker.probe_ended(); });
  Delivery delivery;
  for (const auto& address : event.mail->outgoing.envelope.to)
    delivery.push_back(
        {address, Outcome::temporary, 0, dfi::text(event.error->message(), log_.language()), Scope::message});
  store(event, std::move(delivery), {}, "damaged", true);
}

void Engine::given_back(const Event& event) {
  put_back(*event.mail, 0, {});
  look_at_queue_ = true;
  if (!event.error) return lanes_.with(event.lane, [](Breaker& breaker, Pacer&) { breaker.probe_ended(); });
  const auto& error = *event.error;
  const auto scope = scope_of(error).value_or(Scope::server);
  const bool at_login = error.message().id == dfi::msg::smtp_connection_lost && error.arg("phase") == "AUTH";
  auto& lost = lost_logins_[event.lane];
  lost = at_login ? lost + 1 : 0;
  trouble(event.lane, lost >= lost_logins_believed ? Scope::account : scope, error);
}

/// The account stops; its mails go back into the queue, where an operator can reach them.
void Engine::trouble(std::size_t lane, Scope scope, const dfi::Error& error) {
  Breaker::Opened opened{};
  lanes_.with(lane, [&](Breaker& breaker, Pacer&) {
    const auto time = dfi::monotonic_ms();
    // The same words may turn from a matter of the server into one of the account: that is news.
    const auto reason = std::string(error.message().id.name) + (scope == Scope::account ? " account" : "");
    opened = breaker.trouble(scope, reason, time);
    ramps_[lane] = ramps_[lane] || time - breaker.since() > std::chrono::milliseconds(long_outage).count();
  });
  const auto& account = lanes_.accounts()[lane];
  if (opened.news) {
    log_.error(error);
    log_.say("engine.paused", {{"account", account.name}, {"seconds", std::to_string(opened.pause.count())}});
  }
  ledger_.set_note("account:" + account.name, dfi::Json{{"until", utc_text(now() + opened.pause.count())},
                                                        {"id", std::string(dfi::message_id(error.message().id))},
                                                        {"text", dfi::text(error.message(), log_.language())}}
                                                  .dump());
  withdraw(lane, {}, 0, {});
  look_at_queue_ = true;
}

void Engine::success(std::size_t lane) {
  lost_logins_[lane] = 0;
  bool resumed = false;
  lanes_.with(lane, [&](Breaker& breaker, Pacer& pacer) {
    resumed = breaker.success();
    if (resumed && ramps_[lane]) pacer.begin_ramp(dfi::monotonic_ms());
    if (resumed) ramps_[lane] = false;
  });
  if (!resumed) return;
  const auto& name = lanes_.accounts()[lane].name;
  log_.say("engine.resumed", {{"account", name}});
  ledger_.set_note("account:" + name, "");
  look_at_queue_ = true;
}

bool Engine::too_old(const QueuedMail& mail) const {
  return mail.accepted < utc_text(now() - std::chrono::seconds(settings_.lifetime).count());
}

void Engine::store(const Event& event, Delivery delivery, std::chrono::seconds pause, std::string reason, bool held) {
  const auto& mail = *event.mail;
  const auto id = std::to_string(mail.id);
  std::size_t sent = 0;
  for (const auto& result : delivery) {
    if (result.outcome == Outcome::sent) {
      ++sent;
      continue;
    }
    const bool failed = result.outcome == Outcome::permanent;
    if (failed) reports_.expect_work();
    log_.say(failed ? "engine.failed" : "engine.retry", {{"id", id},
                                                         {"recipient", result.address},
                                                         {"code", std::to_string(result.code)},
                                                         {"reply", result.text},
                                                         {"seconds", std::to_string(pause.count())}});
  }
  log_.say("engine.sent", {{"id", id},
                           {"message_id", mail.message_id},
                           {"sent", std::to_string(sent)},
                           {"recipients", std::to_string(delivery.size())}});
  Finished finished;
  finished.id = mail.id;
  finished.next = now() + pause.count();
  finished.reason = std::move(reason);
  finished.held = held;
  finished.delivery = std::move(delivery);
  ledger_.finish(finished);
}

void Engine::withdraw(std::size_t lane, const std::string& sender, std::int64_t next, const std::string& reason) {
  for (const auto& mail : lanes_.withdraw(lane, sender)) put_back(*mail, next, reason);
}

/// Nothing was said about this mail.
void Engine::put_back(const QueuedMail& mail, std::int64_t next, const std::string& reason) {
  holds_.probe_ended(mail.outgoing.envelope.from);
  ledger_.release(mail.id, next, reason);
}

}  // namespace faxmail
