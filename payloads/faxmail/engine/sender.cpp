// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/sender.hpp"

#include "base/clock.hpp"
#include "messages/mail.hpp"

namespace faxmail {

void Sender::run() {
  try {
    for (;;) {
      const auto idle = session_ ? std::chrono::milliseconds(account().limits.idle_close) : std::chrono::milliseconds(0);
      auto mail = lanes_.wait(lane_, number_, idle);
      if (!mail && lanes_.stopping()) break;
      if (mail)
        serve(std::move(mail));
      else
        close();
    }
    close();
  } catch (const dfi::Error& error) {
    lanes_.fail(error);
  }
  lanes_.sender_ended();
}

/// This mail, and those that follow it on the same connection without a pause.
void Sender::serve(MailPointer mail) {
  while (mail) {
    if (session_ && !reusable()) close();
    if (!session_ && !connect(mail)) return;
    mail = transfer(mail);
  }
}

bool Sender::reusable() const {
  const auto& limits = account().limits;
  return session_->usable() && session_->mails() < limits.max_per_connection &&
         dfi::monotonic_ms() - opened_ms_ < std::chrono::milliseconds(limits.session_max).count();
}

bool Sender::connect(const MailPointer& mail) {
  auto opening = tracer_.begin(*mail);
  try {
    SessionHooks hooks;
    hooks.interrupt_fd = interrupt_fd_;
    hooks.transcript = opening.get();
    session_.emplace(Session::open(account(), hooks));
    opened_ms_ = dfi::monotonic_ms();
    tracer_.keep_opening(*mail, std::move(opening));
    log_.say("engine.connected",
             {{"server", account().endpoint.server}, {"port", std::to_string(account().endpoint.port)}});
    return true;
  } catch (const dfi::Error& error) {
    tracer_.end(*mail, std::move(opening), error, account());
    const bool stopping = error.message().id == dfi::msg::mail_stopping;
    if (!stopping && !scope_of(error)) throw;
    give_back(mail, stopping ? std::nullopt : std::optional(error));
    return false;
  }
}

/// Returns the mail to go on with: the next one, this one again, or none.
MailPointer Sender::transfer(const MailPointer& mail) {
  auto trace = tracer_.begin(*mail);
  mail->outgoing.transcript = trace.get();
  const bool last = session_->mails() + 1 >= account().limits.max_per_connection;
  // Mails that are traced do not travel together: each trace shows one whole dialogue.
  MailPointer next = last || trace ? nullptr : lanes_.try_next(lane_, number_);
  if (next && tracer_.wants(*next)) {
    give_back(next);
    next = nullptr;
  }
  try {
    auto delivery = session_->send(mail->outgoing, next ? &next->outgoing : nullptr,
                                   [&] { lanes_.mark_dot(lane_, mail); });
    token_renewed_ = false;
    tracer_.end(*mail, std::move(trace), delivery, *session_, account());
    Event event{Event::Kind::delivered, lane_, mail};
    event.delivery = std::move(delivery);
    lanes_.post(std::move(event), !next);
    return next;
  } catch (const dfi::Error& error) {
    tracer_.end(*mail, std::move(trace), error, account());
    if (!scope_of(error)) throw;
    const bool again = broken(mail, error);
    session_.reset();
    if (next) give_back(next);
    return again ? mail : nullptr;
  }
}

bool Sender::broken(const MailPointer& mail, const dfi::Error& error) {
  const bool used = session_->mails() > 0;
  // Between two mails a server may close a connection as it likes; that is nothing to count or to wait for.
  if (used && session_->progress() <= Progress::envelope && scope_of(error) != Scope::account) return true;
  // The token of this connection has run out: a new login, the same mail.
  if (used && scope_of(error) == Scope::account && account().token_spent && !token_renewed_) {
    account().token_spent();
    token_renewed_ = true;
    return true;
  }
  Event event{Event::Kind::broken, lane_, mail};
  event.progress = session_->progress();
  event.error = error;
  lanes_.post(std::move(event), true);
  return false;
}

void Sender::give_back(const MailPointer& mail, std::optional<dfi::Error> error) {
  Event event{Event::Kind::given_back, lane_, mail};
  event.error = std::move(error);
  lanes_.post(std::move(event), true);
}

void Sender::close() {
  if (session_) session_->quit();
  session_.reset();
}

}  // namespace faxmail
