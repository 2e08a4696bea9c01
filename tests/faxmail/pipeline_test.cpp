// SPDX-License-Identifier: Apache-2.0
// What goes over the line in which order: pipelining, decision D3, and the parameters of the extensions.
#include <gmock/gmock.h>

#include "tests/faxmail/hostile.hpp"

namespace faxmail::test::hostile {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

Outgoing mail_to(const std::vector<std::string>& to, const std::string& subject = "x") {
  Outgoing mail;
  mail.envelope = {"fax@example.com", to};
  mail.body = MessageBody("Subject: " + subject + "\r\n\r\nHello\r\n");
  return mail;
}

class PipelineTest : public testing::Test {
 protected:
  Session open(PeerScript script) {
    peer_ = std::make_unique<SmtpPeer>(std::move(script));
    auto account = world_.account(*peer_);
    account.helo_name = "client.example.com";
    account.dsn_notify = "FAILURE,DELAY";
    return Session::open(account);
  }
  Delivery send(Session& session, const Outgoing& mail, const Outgoing* next = nullptr) {
    return session.send(mail, next, [this] { ++dots_; });
  }
  std::vector<std::string> after_hello() const {
    auto commands = peer_->commands();
    commands.erase(commands.begin());
    return commands;
  }

  World world_;
  std::unique_ptr<SmtpPeer> peer_;
  int dots_ = 0;
};

TEST_F(PipelineTest, TheNextEnvelopeTravelsWithTheDotAndItsBodyDoesNot) {
  std::atomic<bool> together{false}, body_too{true};
  PeerScript script;
  script.acts["DOT"] = once([&](Wire& wire) {
    // Not answered before all three commands of the next envelope have been seen.
    together = wire.more_within(milliseconds(5000));
    for (const char* start : {"MAIL FROM:<fax@example.com>", "RCPT TO:<b@example.com>", "DATA"})
      together = together && wire.line().value_or("").rfind(start, 0) == 0;
    body_too = wire.more_within(milliseconds(50));
    wire.send("250 2.0.0 queued\r\n250 ok\r\n250 ok\r\n354 go\r\n");
    while (wire.line().value_or(".") != ".") {
    }
    wire.send("250 2.0.0 queued as well\r\n");
    return Then::go_on;
  });
  auto session = open(script);
  const auto first = mail_to({"a@example.com"}), second = mail_to({"b@example.com"});
  EXPECT_EQ(send(session, first, &second).front().text, "2.0.0 queued");
  EXPECT_EQ(dots_, 1) << "one undecided mail at most";
  EXPECT_EQ(send(session, second).front().text, "2.0.0 queued as well");
  EXPECT_TRUE(together);
  EXPECT_FALSE(body_too);
}

TEST_F(PipelineTest, CommandsComeInOrder) {
  PeerScript script;
  script.answers["RCPT TO:<b@example.com>"] = {"550 5.1.1 unknown"};
  auto session = open(script);
  const std::vector<Outgoing> mails{mail_to({"a@example.com"}), mail_to({"b@example.com"}), mail_to({"c@example.com"})};
  EXPECT_EQ(send(session, mails[0], &mails[1]).front().outcome, Outcome::sent);
  EXPECT_EQ(send(session, mails[1], &mails[2]).front().outcome, Outcome::permanent);
  EXPECT_EQ(send(session, mails[2]).front().outcome, Outcome::sent);
  session.quit();
  const std::string from = "MAIL FROM:<fax@example.com> SIZE=21";
  EXPECT_THAT(after_hello(),
              ElementsAre(from, "RCPT TO:<a@example.com>", "DATA", "<dot>", from, "RCPT TO:<b@example.com>", "DATA",
                          "<dot>", from, "RCPT TO:<c@example.com>", "DATA", "<dot>", "QUIT"));
  EXPECT_EQ(peer_->mails().size(), 2u) << "the lone dot of the second delivers nothing";
}

TEST_F(PipelineTest, ASessionThatOwesABodySaysNothingMore) {
  auto session = open({});
  const auto first = mail_to({"a@example.com"}), second = mail_to({"b@example.com"});
  send(session, first, &second);
  session.quit();
  EXPECT_EQ(peer_->count("QUIT"), 0u) << "it would become the body of the second";
  EXPECT_EQ(peer_->mails().size(), 1u);
}

TEST_F(PipelineTest, LockstepWhereItIsNotOffered) {
  std::atomic<int> early{0};
  PeerScript script;
  script.capabilities = {"8BITMIME"};
  for (const char* verb : {"MAIL", "RCPT", "DATA", "DOT"})
    script.acts[verb] = [&](Wire& wire) {
      if (wire.more_within(milliseconds(20))) ++early;
      return Then::answer;
    };
  auto session = open(script);
  const auto first = mail_to({"a@example.com", "b@example.com"}), second = mail_to({"c@example.com"});
  EXPECT_EQ(send(session, first, &second).back().outcome, Outcome::sent);
  EXPECT_EQ(send(session, second).front().outcome, Outcome::sent);
  EXPECT_EQ(early, 0);
  EXPECT_EQ(peer_->mails().size(), 2u);
}

TEST_F(PipelineTest, ExtensionsAreUsedWhereOfferedAndWanted) {
  PeerScript script;
  script.capabilities = {"PIPELINING", "SIZE", "DSN", "8BITMIME", "SMTPUTF8"};
  auto session = open(script);
  auto mail = mail_to({"a+b=c@example.com", "\xc3\xbc+x@example.com"});
  mail.eight_bit = true;
  mail.envid = "id+4711 =";
  mail.ret = "HDRS";
  send(session, mail);
  EXPECT_THAT(
      after_hello(),
      ElementsAre("MAIL FROM:<fax@example.com> SIZE=21 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=id+2B4711+20+3D",
                  "RCPT TO:<a+b=c@example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc@example.com",
                  "RCPT TO:<\xc3\xbc+x@example.com> NOTIFY=FAILURE,DELAY ORCPT=utf-8;\xc3\xbc\\x{2B}x@example.com",
                  "DATA", "<dot>"));
}

TEST_F(PipelineTest, AMailsOwnWishForReportsGoesBeforeTheAccounts) {
  PeerScript script;
  script.capabilities = {"DSN"};
  auto session = open(script);
  auto mail = mail_to({"a@example.com"});
  mail.notify = "NEVER";
  send(session, mail);
  EXPECT_EQ(peer_->count("RCPT TO:<a@example.com> NOTIFY=NEVER ORCPT=rfc822;a@example.com"), 1u);
}

TEST_F(PipelineTest, NothingIsAskedForThatIsNotOffered) {
  PeerScript script;
  script.capabilities.clear();
  auto session = open(script);
  auto mail = mail_to({"a@example.com"});
  mail.envid = "4711";
  mail.ret = "FULL";
  mail.notify = "SUCCESS";
  send(session, mail);
  EXPECT_THAT(after_hello(), ElementsAre("MAIL FROM:<fax@example.com>", "RCPT TO:<a@example.com>", "DATA", "<dot>"));
}

TEST_F(PipelineTest, AReportHasAnEmptySender) {
  auto session = open({});
  auto mail = mail_to({"a@example.com"});
  mail.envelope.from.clear();
  EXPECT_EQ(send(session, mail).front().outcome, Outcome::sent);
  EXPECT_EQ(peer_->count("MAIL FROM:<> "), 1u);
}

}  // namespace
}  // namespace faxmail::test::hostile
