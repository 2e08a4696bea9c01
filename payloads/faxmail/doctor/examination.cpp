// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/doctor/examination.hpp"

#include <fmt/core.h>

#include "base/clock.hpp"
#include "payloads/faxmail/message/mail.hpp"
#include "payloads/faxmail/oauth/token_claims.hpp"
#include "payloads/faxmail/product/capability.hpp"
#include "payloads/faxmail/product/utc.hpp"
#include "payloads/faxmail/smtp/session.hpp"

namespace faxmail {
namespace {

constexpr int wait_exit = 75, rights_exit = 77;

class Walk {
 public:
  Walk(const Account& account, const ExaminationWish& wish, dfi::Language language)
      : account_(account), wish_(wish), language_(language) {}

  Examination run() {
    try {
      ask_for_token();
      auto session = open();
      if (!wish_.sender.empty()) envelope(session);
      if (result_.exit_code == 0 && wish_.send_to_self) real_mail(session);
      session.quit();
    } catch (const dfi::Error& error) {
      fail(error);
    }
    return std::move(result_);
  }

 private:
  void step(std::string_view name, const std::string& detail, bool well = true) {
    const auto now = dfi::monotonic_ms();
    result_.steps.push_back({std::string(name), detail, well, now - last_});
    last_ = now;
    if (wish_.told) wish_.told(result_.steps.back());
  }

  /// Its claims explain most refusals; the token itself is never shown.
  void ask_for_token() {
    if (account_.incomplete || !account_.token) return;
    phase_ = "token";
    const auto token = account_.token();
    phase_ = "connect";
    const auto claims = token_claims(token.value());
    if (!claims) return step("token", "opaque");
    step("token", fmt::format("aud={} roles={} tid={} appid={} exp={}", claims->audience, joined(claims->roles),
                              claims->tenant, claims->application, utc_text(claims->expires)));
  }

  Session open() {
    SessionHooks hooks;
    hooks.transcript = &result_.dialogue;
    hooks.step = [this](std::string_view name, const std::string& detail) {
      step(name, detail);
      if (name == "TLS") encrypted_ = true;
      if (name == "EHLO") learn(detail);
      // What has no phase of its own from here on is the login: a password that cannot be read.
      if (name == "EHLO") phase_ = "AUTH";
      if (name == "AUTH") mechanism_ = detail;
    };
    return Session::open(account_, hooks);
  }

  void learn(const std::string& capabilities) {
    const auto at = capabilities.find("AUTH");
    offered_ = at == std::string::npos ? "-" : capabilities.substr(at + 4, capabilities.find(',', at) - at - 4);
  }

  void envelope(Session& session) {
    for (const auto& [phase, reply] :
         session.probe(wish_.sender, wish_.recipient.empty() ? wish_.sender : wish_.recipient)) {
      step(phase, fmt::format("{} {}", reply.code, reply.text()), reply.positive());
      if (!reply.positive() && !result_.trouble) refused(phase, reply);
    }
  }

  void real_mail(Session& session) {
    Mail mail;
    mail.from = {"", wish_.sender};
    mail.to = {mail.from};
    mail.subject = "faxmail doctor";
    mail.text = "faxmail doctor --send-to-self\n";
    mail.message_id = new_message_id(mail.from);
    mail.date = mail_date();
    Outgoing outgoing;
    outgoing.envelope = {wish_.sender, {wish_.sender}};
    outgoing.body = MessageBody(compose(mail));
    outgoing.transcript = &result_.dialogue;
    const auto result = session.send(outgoing, nullptr, [] {}).front();
    step("final dot", fmt::format("{} {} {}", result.code, result.text, mail.message_id),
         result.outcome == Outcome::sent);
    if (result.outcome != Outcome::sent) refused("final dot", Reply{result.code, {result.text}});
  }

  void refused(const std::string& phase, const Reply& reply) {
    result_.exit_code = reply.temporary() ? wait_exit : rights_exit;
    result_.trouble = with_circumstances(Finding::of(phase, reply));
  }

  void fail(const dfi::Error& error) {
    result_.error = error;
    result_.exit_code = error.exit_code();
    result_.trouble = with_circumstances(Finding::of(error));
    const auto& phase = result_.trouble->phase;
    step(phase.empty() ? phase_ : phase,
         std::string(dfi::message_id(error.message().id)) + " " + dfi::text(error.message(), language_), false);
  }

  Finding with_circumstances(Finding finding) const {
    finding.tls = encrypted_;
    if (finding.auth.empty()) finding.auth = mechanism_.empty() ? "none" : mechanism_;
    auto& facts = finding.facts;
    facts["server"] = account_.endpoint.server;
    facts["port"] = std::to_string(account_.endpoint.port);
    facts["user"] = account_.user.empty() ? "-" : account_.user;
    facts["sender"] = wish_.sender.empty() ? "-" : wish_.sender;
    facts.try_emplace("offered", offered_);
    return finding;
  }

  const Account& account_;
  const ExaminationWish& wish_;
  const dfi::Language language_;
  Examination result_;
  std::int64_t last_ = dfi::monotonic_ms();
  std::string phase_ = "config", mechanism_, offered_ = "-";
  bool encrypted_ = false;
};

}  // namespace

Examination examine(const Account& account, const ExaminationWish& wish, const Rules& rules, dfi::Language language) {
  auto result = Walk(account, wish, language).run();
  if (result.trouble) result.advice = rules.explain(*result.trouble, language);
  return result;
}

}  // namespace faxmail
