// SPDX-License-Identifier: Apache-2.0
// Reports to senders: one an hour and sender, none about a report of a report.
#include "payloads/faxmail/engine/reports.hpp"

#include <gmock/gmock.h>

#include "payloads/faxmail/config/settings.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

using testing::HasSubstr;

class ReportsTest : public testing::Test {
 protected:
  ReportsTest() { settings_.postmaster = "postmaster@example.com"; }

  std::int64_t submit(const std::string& from, const std::string& notify = {}) {
    Submission submission{"", "tester", from, "Fax for you", "", "x\r\n", {"a@example.com", "b@example.com"}};
    submission.message_id = "<" + std::to_string(++mails_) + "@example.com>";
    submission.options.notify = notify;
    return product_.queue().submit(submission).id;
  }
  /// As after a delivery: the first recipient got it, the second did not and never will.
  void fail(std::int64_t mail) {
    Ledger ledger(product_.layout(), product_.capability());
    Finished finished;
    finished.id = mail;
    finished.delivery = {{"a@example.com", Outcome::sent, 250, "2.0.0 ok", Scope::message, true},
                         {"b@example.com", Outcome::permanent, 550, "5.1.1 unknown", Scope::recipient, true}};
    ledger.finish(finished);
    ledger.commit();
  }
  /// The mails that are new since the last call.
  std::vector<QueueEntry> run(std::int64_t now) {
    reports_.expect_work();
    reports_.run(now);
    std::vector<QueueEntry> added;
    for (auto& entry : product_.queue().list())
      if (entry.user == "faxmaild" && entry.id > last_) {
        last_ = entry.id;
        added.push_back(std::move(entry));
      }
    return added;
  }

  Product product_;
  const Capability capability_ = product_.capability();
  Settings settings_;
  Log log_{product_.texts(), [](const std::string&) {}};
  Reports reports_{product_.layout(), capability_, settings_, log_};
  int mails_ = 0;
  std::int64_t last_ = 0;
  const std::int64_t now_ = std::time(nullptr);
};

TEST_F(ReportsTest, TellPeopleAndProgramsWhatFailed) {
  fail(submit("fax@example.com"));
  const auto added = run(now_);
  ASSERT_EQ(added.size(), 1u);
  EXPECT_EQ(added.front().from, "") << "so that nothing can answer it";
  EXPECT_EQ(added.front().recipients.front().address, "fax@example.com");
  const auto message = product_.queue().message_of(added.front().id);
  for (const char* part :
       {"Content-Type: multipart/report; report-type=delivery-status;", "Content-Type: text/plain; charset=UTF-8",
        "Content-Type: message/delivery-status", "Auto-Submitted: auto-replied", "Reporting-MTA: dns; ",
        "Final-Recipient: rfc822; b@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 unknown"})
    EXPECT_THAT(message, HasSubstr(part));
  // A Message-ID may end so by chance, in hexadecimal digits.
  for (const char* before : {" ", "\n", "<"})
    EXPECT_EQ(message.find(std::string(before) + "a@example.com"), std::string::npos) << "who got it is not reported";
  EXPECT_TRUE(run(now_ + 7200).empty()) << "told once";
}

TEST_F(ReportsTest, OneAnHourForEachSenderNamesAllMails) {
  fail(submit("fax@example.com"));
  fail(submit("fax@example.com"));
  fail(submit("other@example.com"));
  EXPECT_EQ(run(now_).size(), 2u);
  fail(submit("fax@example.com"));
  fail(submit("fax@example.com"));
  EXPECT_TRUE(run(now_ + 1800).empty());
  const auto added = run(now_ + 3601);
  ASSERT_EQ(added.size(), 1u);
  const auto message = product_.queue().message_of(added.front().id);
  EXPECT_THAT(message, HasSubstr("Original-Message-ID: <4@example.com>"));
  EXPECT_THAT(message, HasSubstr("Original-Message-ID: <5@example.com>"));
}

TEST_F(ReportsTest, AReportAboutAReportGoesToThePostmasterAndEndsThere) {
  fail(submit("fax@example.com"));
  const auto first = run(now_);
  ASSERT_EQ(first.size(), 1u);
  product_.execute("FAXKA", "UPDATE FAXRCP SET RCSTAT = 'failed' WHERE RCKA = " + std::to_string(first.front().id));
  product_.execute("FAXKA", "UPDATE FAXKA SET KASTAT = 'failed' WHERE KAID = " + std::to_string(first.front().id));
  const auto second = run(now_ + 4000);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second.front().recipients.front().address, "postmaster@example.com");
  product_.execute("FAXKA", "UPDATE FAXRCP SET RCSTAT = 'failed' WHERE RCKA = " + std::to_string(second.front().id));
  product_.execute("FAXKA", "UPDATE FAXKA SET KASTAT = 'failed' WHERE KAID = " + std::to_string(second.front().id));
  EXPECT_TRUE(run(now_ + 8000).empty());
  EXPECT_TRUE(run(now_ + 12000).empty());
}

TEST_F(ReportsTest, WithoutAPostmasterAReportIsTheLast) {
  settings_.postmaster.clear();
  fail(submit(""));
  EXPECT_TRUE(run(now_).empty());
}

TEST_F(ReportsTest, NobodyIsToldWhoWishesNotTo) {
  fail(submit("fax@example.com", "NEVER"));
  EXPECT_TRUE(run(now_).empty());
}

TEST_F(ReportsTest, ADelayIsToldOnceAndThenTheEnd) {
  const auto mail = submit("fax@example.com");
  EXPECT_TRUE(run(now_ + 3 * 3600).empty());
  const auto delayed = run(now_ + 5 * 3600);
  ASSERT_EQ(delayed.size(), 1u);
  EXPECT_THAT(product_.queue().message_of(delayed.front().id), HasSubstr("Action: delayed"));
  product_.execute("FAXKA", "UPDATE FAXKA SET KASTAT = 'sent' WHERE KAUSR = 'faxmaild'");
  EXPECT_TRUE(run(now_ + 10 * 3600).empty());
  fail(mail);
  const auto failed = run(now_ + 20 * 3600);
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_THAT(product_.queue().message_of(failed.front().id), HasSubstr("Action: failed"));
}

TEST_F(ReportsTest, AClockThatWasAheadDelaysNothing) {
  fail(submit("fax@example.com"));
  EXPECT_EQ(run(now_ + 24 * 3600).size(), 1u);
  fail(submit("fax@example.com"));
  EXPECT_EQ(run(now_).size(), 1u);
}

}  // namespace
}  // namespace faxmail::test
