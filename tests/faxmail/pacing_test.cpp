// SPDX-License-Identifier: Apache-2.0
// What decides when an account or a sender may send: each with a clock of the test.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "payloads/faxmail/engine/breaker.hpp"
#include "payloads/faxmail/engine/lanes.hpp"
#include "payloads/faxmail/engine/refusals.hpp"
#include "payloads/faxmail/engine/sender_holds.hpp"

namespace faxmail::test {
namespace {

/// Mails that leave between two times if somebody asks as soon as he may.
int taken(Pacer& pacer, std::int64_t from, std::int64_t until) {
  int count = 0;
  for (auto now = from; now < until;) {
    const auto pause = pacer.take(now);
    if (pause == 0) ++count;
    now += pause;
  }
  return count;
}

TEST(Pacer, WithoutALimitNobodyWaits) {
  Pacer pacer(0, 5);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(pacer.take(0), 0);
}

TEST(Pacer, KeepsTheRateAfterABurst) {
  Pacer pacer(30, 5);
  EXPECT_EQ(taken(pacer, 0, 60'000), 5 + 29);
  EXPECT_EQ(taken(pacer, 60'000, 120'000), 30);
  EXPECT_EQ(taken(pacer, 600'000, 600'001), 5) << "a burst again after a rest, and no more";
}

TEST(Pacer, NeverCallsAgainTooEarly) {
  Pacer pacer(28, 1);
  std::int64_t now = 0;
  for (int i = 0; i < 100; ++i) {
    const auto pause = pacer.take(now);
    now += pause;
    if (pause > 0) {
      EXPECT_EQ(pacer.take(now), 0) << i;
    }
  }
}

TEST(Pacer, StartsSlowlyAfterALongOutage) {
  Pacer pacer(0, 5);
  pacer.begin_ramp(1000);
  int last = 0;
  for (std::int64_t minute = 0; minute < 5; ++minute) {
    const auto begin = 1000 + minute * 60'000;
    EXPECT_TRUE(pacer.ramping(begin));
    const int count = taken(pacer, begin, begin + 60'000);
    EXPECT_GE(count, last * 3 / 2) << minute;
    EXPECT_LE(count, 20 * (1 << minute) + 2) << minute;
    last = count;
  }
  EXPECT_FALSE(pacer.ramping(1000 + 10 * 60'000));
  EXPECT_EQ(pacer.take(1000 + 10 * 60'000), 0);
  EXPECT_EQ(pacer.take(1000 + 10 * 60'000), 0);
}

TEST(Pacer, ARampEndsAtTheLimitOfTheAccount) {
  Pacer pacer(28, 5);
  pacer.begin_ramp(0);
  EXPECT_TRUE(pacer.ramping(30'000));
  EXPECT_FALSE(pacer.ramping(61'000)) << "40 a minute would be more than 28";
}

TEST(Breaker, AdmitsOneProbeAfterThePause) {
  Breaker breaker;
  EXPECT_TRUE(breaker.admit(0));
  const auto opened = breaker.trouble(Scope::server, "smtp_timeout", 1000);
  EXPECT_TRUE(opened.news);
  EXPECT_EQ(opened.pause.count(), 1);
  EXPECT_FALSE(breaker.admit(1999));
  EXPECT_TRUE(breaker.would_admit(2000));
  EXPECT_TRUE(breaker.admit(2000));
  EXPECT_FALSE(breaker.admit(2000)) << "one probe";
  breaker.probe_ended();
  EXPECT_TRUE(breaker.admit(2001)) << "its mail was given back";
  EXPECT_TRUE(breaker.success());
  EXPECT_FALSE(breaker.success()) << "that is told once";
  EXPECT_TRUE(breaker.admit(2002));
  EXPECT_TRUE(breaker.admit(2002));
}

TEST(Breaker, WaitsLongerEachTimeAndTellsOnlyWhatIsNew) {
  Breaker breaker;
  std::int64_t now = 0;
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 9; ++i) {
    const auto opened = breaker.trouble(Scope::network, "smtp_unreachable", now);
    EXPECT_EQ(opened.news, i == 0);
    pauses.push_back(opened.pause.count());
    now = breaker.until();
  }
  EXPECT_EQ(pauses, (std::vector<std::int64_t>{1, 2, 5, 10, 20, 30, 60, 60, 60}));
  EXPECT_TRUE(breaker.trouble(Scope::account, "smtp_login_refused", now).news);
  EXPECT_EQ(breaker.since(), 0) << "the outage began with the first trouble";
}

TEST(Breaker, HammersNoMailbox) {
  Breaker breaker;
  std::int64_t now = 0;
  int probes = 0;
  for (; now < 24 * 3'600'000; now = breaker.until(), ++probes)
    breaker.trouble(Scope::account, "smtp_login_refused", now);
  EXPECT_LE(probes, 52) << "logins a day";
}

TEST(Breaker, AnOperatorMayTryAtOnce) {
  Breaker breaker;
  breaker.trouble(Scope::account, "smtp_login_refused", 0);
  EXPECT_FALSE(breaker.would_admit(1));
  breaker.try_now();
  EXPECT_TRUE(breaker.admit(1));
  EXPECT_FALSE(breaker.admit(1));
}

Delivery refusal(int code, const std::string& text, int recipients = 1, bool by_server = true) {
  return Delivery(static_cast<std::size_t>(recipients),
                  {"a@example.com", Outcome::permanent, code, text, Scope::message, by_server});
}

TEST(Refusals, TheFourthOfTheSameIsNotBelieved) {
  Refusals refusals;
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(refusals.suspicious(refusal(554, "5.7.1 blocked, see id " + std::to_string(i))));
  EXPECT_TRUE(refusals.suspicious(refusal(554, "5.7.1 blocked, see id 4", 2)));
  EXPECT_TRUE(refusals.suspicious(refusal(554, "5.7.1 blocked"))) << "the probe says the same";
  EXPECT_FALSE(refusals.suspicious({{"a@example.com", Outcome::sent, 250, "ok", Scope::message, true}}));
  EXPECT_FALSE(refusals.suspicious(refusal(554, "5.7.1 blocked"))) << "a new row";
}

TEST(Refusals, AddressesOwnVerdictsAndDifferentWordsAreNoRow) {
  Refusals refusals;
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(refusals.suspicious(refusal(550, "5.1.1 unknown")));
    EXPECT_FALSE(refusals.suspicious(refusal(552, "5.2.2 full")));
  }
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(refusals.suspicious(refusal(552, "5.3.4 SIZE", 1, false)));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(refusals.suspicious(refusal(554, i % 2 == 0 ? "5.7.1 a" : "5.6.0 b")));
  EXPECT_FALSE(refusals.suspicious({}));
}

TEST(SenderHolds, OneProbeAfterThePause) {
  SenderHolds holds;
  EXPECT_TRUE(holds.admit("a@example.com", 0));
  EXPECT_TRUE(holds.hold("a@example.com", 100));
  EXPECT_FALSE(holds.hold("a@example.com", 100)) << "no news";
  EXPECT_FALSE(holds.admit("a@example.com", 99));
  EXPECT_TRUE(holds.admit("b@example.com", 99)) << "all others go";
  EXPECT_TRUE(holds.admit("a@example.com", 100));
  EXPECT_FALSE(holds.admit("a@example.com", 100)) << "one probe";
  holds.probe_ended("a@example.com");
  EXPECT_TRUE(holds.admit("a@example.com", 100)) << "its connection broke";
  EXPECT_FALSE(holds.hold("a@example.com", 200));
  EXPECT_FALSE(holds.admit("a@example.com", 199));
  EXPECT_TRUE(holds.clear("a@example.com"));
  EXPECT_FALSE(holds.clear("a@example.com"));
  EXPECT_TRUE(holds.empty());
}

MailPointer mail_from(const std::string& sender) {
  auto mail = std::make_shared<QueuedMail>();
  mail->outgoing.envelope.from = sender;
  return mail;
}

std::vector<Account> three_accounts() {
  std::vector<Account> accounts(3);
  accounts[1].senders = {"fax@example.com", "@example.net"};
  accounts[2].senders = {"@example.com"};
  for (auto& account : accounts) account.limits.max_connections = 2;
  return accounts;
}

TEST(Lanes, AnAddressGoesBeforeItsDomain) {
  const Lanes lanes(three_accounts());
  EXPECT_EQ(lanes.lane_of("fax@example.com"), 1u);
  EXPECT_EQ(lanes.lane_of("other@example.com"), 2u);
  EXPECT_EQ(lanes.lane_of("x@example.net"), 1u);
  EXPECT_EQ(lanes.lane_of("x@example.org"), 0u);
  EXPECT_EQ(lanes.lane_of(""), 0u) << "reports";
}

TEST(Lanes, AFurtherConnectionIsForABacklogOnly) {
  Lanes lanes(three_accounts());
  lanes.offer(0, {mail_from("a"), mail_from("b")});
  EXPECT_EQ(lanes.try_next(0, 1), nullptr);
  EXPECT_NE(lanes.try_next(0, 0), nullptr);
  EXPECT_EQ(lanes.ready(), 1u);
  lanes.offer(0, {mail_from("c"), mail_from("d"), mail_from("e"), mail_from("f"), mail_from("g")});
  EXPECT_NE(lanes.try_next(0, 1), nullptr);
}

TEST(Lanes, TroubleStopsTheLaneAndGivesItsMailsBack) {
  Lanes lanes(three_accounts());
  lanes.offer(0, {mail_from("a"), mail_from("b"), mail_from("a")});
  EXPECT_GT(lanes.appetite(0, 0), 0);
  EXPECT_EQ(lanes.withdraw(0, "a").size(), 2u);
  std::int64_t until = 0;
  lanes.with(0, [&](Breaker& breaker, Pacer&) {
    breaker.trouble(Scope::account, "x", 0);
    until = breaker.until();
  });
  EXPECT_EQ(lanes.try_next(0, 0), nullptr);
  EXPECT_EQ(lanes.appetite(0, 0), 0);
  EXPECT_EQ(lanes.withdraw(0).size(), 1u);
  EXPECT_EQ(lanes.appetite(0, until), 1) << "one mail for the probe";
}

TEST(Lanes, StopEndsEveryWaiting) {
  Lanes lanes(three_accounts());
  std::thread waiting([&] { EXPECT_EQ(lanes.wait(0, 0, std::chrono::milliseconds(0)), nullptr); });
  lanes.stop();
  waiting.join();
  lanes.offer(0, {mail_from("a")});
  EXPECT_EQ(lanes.wait(0, 0, std::chrono::milliseconds(0)), nullptr) << "no mail leaves any more";
}

TEST(Lanes, ADotLeavesOnlyAfterItsAnswer) {
  Lanes lanes(three_accounts());
  const auto mail = mail_from("a");
  std::atomic<bool> left{false};
  std::thread sender([&] {
    lanes.mark_dot(0, mail);
    left = true;
  });
  std::vector<Event> events;
  while (events.empty()) events = lanes.take_events();
  EXPECT_EQ(events.front().kind, Event::Kind::dot);
  EXPECT_FALSE(left);
  lanes.answer_dots(events);
  sender.join();
  EXPECT_TRUE(left);
}

}  // namespace
}  // namespace faxmail::test
