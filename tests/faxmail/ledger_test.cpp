// SPDX-License-Identifier: Apache-2.0
// FAXKA between engine and operator: who may change what, and when.
#include "payloads/faxmail/queue/ledger.hpp"

#include <ctime>

#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

const auto everybody = [](const std::string&) { return true; };

class LedgerTest : public testing::Test {
 protected:
  Finished finished(std::int64_t mail, Outcome outcome) const {
    Finished result;
    result.id = mail;
    result.delivery = {{"a@example.com", outcome, outcome == Outcome::sent ? 250 : 450, "x", Scope::message, true}};
    result.next = std::time(nullptr) + 60;
    return result;
  }

  Product product_;
  Ledger ledger_{product_.layout(), product_.capability()};
};

TEST_F(LedgerTest, LeasesWhatIsDueInOrderAndOnce) {
  const auto first = product_.submit({"a@example.com"}), second = product_.submit({"a@example.com"});
  const auto future = product_.submit({"a@example.com"});
  product_.execute("FAXKA", "UPDATE FAXKA SET KANEXT = 9999999999 WHERE KAID = " + std::to_string(future));
  product_.execute("FAXKA", "UPDATE FAXKA SET KANEXT = 5 WHERE KAID = " + std::to_string(first));
  const auto mails = ledger_.lease(std::time(nullptr), 10, everybody);
  ASSERT_EQ(mails.size(), 2u);
  EXPECT_EQ(mails[0].id, second);
  EXPECT_EQ(mails[1].id, first);
  EXPECT_TRUE(ledger_.lease(std::time(nullptr), 10, everybody).empty());
  ledger_.commit();
  EXPECT_EQ(product_.status(first), "active");
  EXPECT_EQ(product_.status(future), "queued");
}

TEST_F(LedgerTest, LeasesOnlyWhoseSenderIsAdmitted) {
  product_.submit({"a@example.com"});
  EXPECT_TRUE(ledger_.lease(std::time(nullptr), 10, [](const std::string&) { return false; }).empty());
  EXPECT_EQ(ledger_.lease(std::time(nullptr), 10, everybody).size(), 1u);
}

TEST_F(LedgerTest, LeasesNoMoreBytesThanItMayKeep) {
  for (int i = 0; i < 8; ++i) product_.submit({"a@example.com"}, std::string(600'000, 'x'));
  const auto mails = ledger_.lease(std::time(nullptr), 100, everybody);
  EXPECT_GE(mails.size(), 1u);
  EXPECT_LE(mails.size(), 5u);
}

TEST_F(LedgerTest, NothingIsSeenBeforeTheCommit) {
  const auto mail = product_.submit({"a@example.com"});
  ledger_.lease(std::time(nullptr), 1, everybody);
  EXPECT_EQ(product_.status(mail), "queued");
  ledger_.commit();
  EXPECT_EQ(product_.status(mail), "active");
  ledger_.mark_dot(mail);
  ledger_.commit();
  EXPECT_EQ(product_.status(mail), "dot");
  ledger_.finish(finished(mail, Outcome::sent));
  EXPECT_TRUE(product_.results().of(mail).empty());
  ledger_.commit();
  EXPECT_EQ(product_.status(mail), "sent");
  EXPECT_EQ(product_.results().of(mail).size(), 1u);
}

TEST_F(LedgerTest, FinishKnowsTheEndOfAMail) {
  const auto waiting = product_.submit({"a@example.com"}), held = product_.submit({"a@example.com"});
  const auto failed = product_.submit({"a@example.com"});
  ledger_.finish(finished(waiting, Outcome::temporary));
  auto hold = finished(held, Outcome::temporary);
  hold.held = true;
  hold.reason = "uncertain";
  ledger_.finish(hold);
  ledger_.finish(finished(failed, Outcome::permanent));
  ledger_.commit();
  EXPECT_EQ(product_.status(waiting), "queued");
  EXPECT_EQ(product_.queue().find(waiting)->tries, 1);
  EXPECT_EQ(product_.status(held), "held");
  EXPECT_EQ(product_.queue().find(held)->reason, "uncertain");
  EXPECT_EQ(product_.status(failed), "failed");
}

TEST_F(LedgerTest, ReleaseCountsNoAttempt) {
  const auto mail = product_.submit({"a@example.com"});
  ledger_.lease(std::time(nullptr), 1, everybody);
  ledger_.release(mail, 7, "sender");
  ledger_.commit();
  const auto entry = *product_.queue().find(mail);
  EXPECT_EQ(entry.status, "queued");
  EXPECT_EQ(entry.tries, 0);
  EXPECT_EQ(entry.next, 7);
  EXPECT_EQ(entry.reason, "sender");
  ledger_.wake("sender", "other@example.com");
  ledger_.commit();
  EXPECT_EQ(product_.queue().find(mail)->next, 7);
  ledger_.wake("sender", "fax@example.com");
  ledger_.commit();
  EXPECT_EQ(product_.queue().find(mail)->next, 0);
}

TEST_F(LedgerTest, DecidesUndecidedMailsAsTheOperatorWishes) {
  for (const bool hold : {false, true}) {
    const auto mail = product_.submit({"a@example.com"});
    product_.execute("FAXKA", "UPDATE FAXKA SET KASTAT = 'dot' WHERE KAID = " + std::to_string(mail));
    const auto undecided = ledger_.decide_undecided(77, hold);
    ASSERT_EQ(undecided.size(), 1u);
    EXPECT_FALSE(undecided.front().known);
    const auto entry = *product_.queue().find(mail);
    EXPECT_EQ(entry.status, hold ? "held" : "queued");
    EXPECT_EQ(entry.reason, "uncertain");
    EXPECT_EQ(entry.next, 77);
  }
}

TEST_F(LedgerTest, NoMailWaitsLongerThanTheLongestPause) {
  const auto mail = product_.submit({"a@example.com"}), soon = product_.submit({"a@example.com"});
  product_.execute("FAXKA", "UPDATE FAXKA SET KANEXT = 90000 WHERE KAID = " + std::to_string(mail));
  product_.execute("FAXKA", "UPDATE FAXKA SET KANEXT = 2000 WHERE KAID = " + std::to_string(soon));
  ledger_.bound_waits(1000, 3000);
  ledger_.commit();
  EXPECT_EQ(product_.queue().find(mail)->next, 1000);
  EXPECT_EQ(product_.queue().find(soon)->next, 2000);
}

TEST_F(LedgerTest, ForgetsOldMailsThatAreOver) {
  const auto old = product_.submit({"a@example.com"}, std::string(300'000, 'x'));
  const auto waiting = product_.submit({"a@example.com"}), young = product_.submit({"a@example.com"});
  for (const auto mail : {old, young}) ledger_.finish(finished(mail, Outcome::sent));
  ledger_.commit();
  product_.execute("FAXKA",
                   "UPDATE FAXKA SET KATS = '2020-08-11T12:34:56.000Z' WHERE KAID <> " + std::to_string(young));
  EXPECT_EQ(ledger_.forget("2021-01-01T00:00:00", 10), 1);
  EXPECT_FALSE(product_.queue().find(old));
  EXPECT_TRUE(product_.queue().find(waiting));
  EXPECT_TRUE(product_.queue().find(young));
  EXPECT_TRUE(fs::is_empty(product_.layout().data() / "FAXKA.mails"));
}

TEST_F(LedgerTest, NeverForgetsWhatAConversionBroughtAlong) {
  const auto old = product_.submit({"a@example.com"});
  ledger_.finish(finished(old, Outcome::sent));
  ledger_.commit();
  product_.execute("FAXKA", "UPDATE FAXKA SET KATS = '1999-12-31T08:15:00.000Z', KAWHY = 'converted'");
  EXPECT_EQ(ledger_.forget("2021-01-01T00:00:00", 10), 0);
  EXPECT_TRUE(product_.queue().find(old));
}

TEST_F(LedgerTest, SeesWhatOthersChange) {
  ledger_.changed_elsewhere();
  EXPECT_FALSE(ledger_.changed_elsewhere());
  product_.submit({"a@example.com"});
  EXPECT_TRUE(ledger_.changed_elsewhere());
  EXPECT_FALSE(ledger_.changed_elsewhere());
}

// --- the operator's side --------------------------------------------------------------------------------------------

TEST_F(LedgerTest, AnOperatorTouchesNoMailInTransfer) {
  const auto mail = product_.submit({"a@example.com"});
  auto queue = product_.queue();
  for (const char* status : {"active", "dot"}) {
    product_.execute("FAXKA", "UPDATE FAXKA SET KASTAT = '" + std::string(status) + "'");
    EXPECT_FALSE(queue.hold(mail, "operator"));
    EXPECT_FALSE(queue.release(mail));
    EXPECT_FALSE(queue.retry(mail));
    EXPECT_FALSE(queue.remove(mail));
    EXPECT_EQ(product_.status(mail), status);
  }
}

TEST_F(LedgerTest, HoldAndRelease) {
  const auto mail = product_.submit({"a@example.com"});
  auto queue = product_.queue();
  EXPECT_TRUE(queue.hold(mail, "operator"));
  EXPECT_FALSE(queue.hold(mail, "operator"));
  EXPECT_TRUE(ledger_.lease(std::time(nullptr), 10, everybody).empty());
  ledger_.commit();
  EXPECT_EQ(queue.find(mail)->reason, "operator");
  EXPECT_TRUE(queue.release(mail));
  EXPECT_FALSE(queue.release(mail));
  EXPECT_EQ(queue.find(mail)->reason, "");
  EXPECT_EQ(ledger_.lease(std::time(nullptr), 10, everybody).size(), 1u);
}

TEST_F(LedgerTest, RetryBeginsANewLifeForWhoeverHasNotGotIt) {
  const auto mail = product_.submit({"a@example.com", "b@example.com"});
  auto queue = product_.queue();
  auto result = finished(mail, Outcome::sent);
  result.delivery.push_back({"b@example.com", Outcome::permanent, 550, "no", Scope::recipient, true});
  ledger_.finish(result);
  ledger_.commit();
  product_.execute("FAXKA", "UPDATE FAXKA SET KATS = '2020-08-11T12:34:56.000Z', KAREP = 2");
  EXPECT_TRUE(queue.retry(mail));
  const auto entry = *queue.find(mail);
  EXPECT_EQ(entry.status, "queued");
  EXPECT_EQ(entry.tries, 0);
  EXPECT_GT(entry.accepted, "2021");
  const auto leased = ledger_.lease(std::time(nullptr), 10, everybody);
  ASSERT_EQ(leased.size(), 1u);
  EXPECT_EQ(leased.front().outgoing.envelope.to, std::vector<std::string>{"b@example.com"});
  ledger_.commit();
}

TEST_F(LedgerTest, RetryDoesNotSendASentMailAgain) {
  const auto mail = product_.submit({"a@example.com"});
  ledger_.finish(finished(mail, Outcome::sent));
  ledger_.commit();
  EXPECT_FALSE(product_.queue().retry(mail));
}

TEST_F(LedgerTest, FlushMakesEverythingDueAndTellsTheEngine) {
  const auto mail = product_.submit({"a@example.com"});
  product_.execute("FAXKA", "UPDATE FAXKA SET KANEXT = 9999999999");
  auto queue = product_.queue();
  EXPECT_EQ(queue.flush(), 1);
  EXPECT_EQ(queue.find(mail)->next, 0);
  EXPECT_FALSE(queue.note("flush").empty());
  EXPECT_EQ(queue.flush(), 0);
}

TEST_F(LedgerTest, NotesComeAndGo) {
  auto queue = product_.queue();
  queue.set_note("paused", "1");
  queue.set_note("paused", "2");
  EXPECT_EQ(queue.note("paused"), "2");
  EXPECT_EQ(ledger_.notes()["paused"], "2");
  ledger_.set_note("paused", "");
  ledger_.commit();
  EXPECT_EQ(queue.note("paused"), "");
  EXPECT_TRUE(queue.notes().empty());
}

}  // namespace
}  // namespace faxmail::test
