// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/engine.hpp"

#include <gmock/gmock.h>

#include <ctime>
#include <set>

#include "payloads/faxmail/engine/pauses.hpp"
#include "tests/faxmail/product_fixture.hpp"
#include "tests/faxmail/smtp_peer.hpp"

namespace faxmail::test {
namespace {

using testing::HasSubstr;

TEST(Engine, SendsEveryQueuedMailOnceOverFewConnections) {
  const Product product;
  SmtpPeer peer;
  product.configure_peer(peer.port());
  for (int i = 0; i < 20; ++i) product.submit({"a@example.com", "b@example.com"});
  run_engine_dry(product);
  EXPECT_EQ(peer.mails().size(), 20u);
  EXPECT_LE(peer.connections(), 2);
  EXPECT_EQ(product.queue().list("sent").size(), 20u);
  std::set<std::string> ids;
  for (const auto& mail : peer.mails()) ids.insert(mail.data.substr(mail.data.find("Message-ID: "), 60));
  EXPECT_EQ(ids.size(), 20u);
}

TEST(Engine, StoresAResultForEachRecipient) {
  const Product product;
  PeerScript script;
  script.answers["RCPT TO:<b@example.com>"] = {"450 4.2.1 busy"};
  script.answers["RCPT TO:<c@example.com>"] = {"550 5.1.1 unknown"};
  SmtpPeer peer(script);
  product.configure_peer(peer.port());
  const auto id = product.submit({"a@example.com", "b@example.com", "c@example.com"});
  run_engine_dry(product);
  const auto mail = *product.queue().find(id);
  EXPECT_EQ(mail.status, "queued");
  EXPECT_EQ(mail.tries, 1);
  EXPECT_NEAR(static_cast<double>(mail.next - std::time(nullptr)), 60, 15);
  EXPECT_EQ(mail.recipients[0].status, "sent");
  EXPECT_EQ(mail.recipients[1].status, "queued");
  EXPECT_EQ(mail.recipients[2].status, "failed");
  const auto rows = product.results().of(id);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].code, "SENT");
  EXPECT_EQ(rows[1].code, "RETRY");
  EXPECT_EQ(rows[2].code, "FAIL");
  EXPECT_EQ(rows[2].smtp, 550);
  EXPECT_EQ(rows[2].text, "5.1.1 unknown");
  EXPECT_THAT(rows[2].time, testing::MatchesRegex("....-..-..T..:..:.."));

  product.execute("FAXKA", "UPDATE FAXKA SET KANEXT = 0");
  run_engine_dry(product);
  EXPECT_EQ(peer.mails().back().to, std::vector<std::string>{"b@example.com"}) << "only who is still open";
  EXPECT_EQ(product.status(id), "failed") << "one recipient never got it";
}

TEST(Engine, WritesOneRowPerAttemptAtLevelThree) {
  const Product product(Release::v591);
  PeerScript script;
  script.answers["RCPT"] = {"450 4.2.1 busy"};
  SmtpPeer peer(script);
  product.configure_peer(peer.port());
  const auto id = product.submit({"a@example.com", "b@example.com"});
  run_engine_dry(product);
  product.execute("FAXKA", "UPDATE FAXKA SET KANEXT = 0");
  run_engine_dry(product);
  const auto rows = product.results().of(id);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].code, "RETRY");
  EXPECT_EQ(rows[1].code, "SENT");
  EXPECT_THAT(rows[1].time, testing::MatchesRegex("....-..-..T..:..:.."));
}

TEST(Engine, LeavesTheQueueAloneWhileTheServerOrTheAccountIsInTrouble) {
  const Product product;
  product.write_password("wrong");
  const auto id = product.submit({"a@example.com"});
  PeerScript login;
  login.capabilities = {"AUTH LOGIN"};
  PeerScript closed;
  closed.answers["GREETING"] = {"554 go away"};
  for (const auto& [script, lines] :
       {std::pair{login, "auth = \"*LOGIN\"\nuser = \"scott\"\npassword_file = \"password\""},
        {closed, ""},
        {PeerScript{}, "ssl = \"*YES\""}}) {
    SmtpPeer peer(script);
    product.configure_peer(peer.port(), lines);
    const auto said = run_engine(product, [&] { return !product.queue().note("account:default").empty(); });
    EXPECT_THAT(said, HasSubstr("DFI73"));
    const auto mail = *product.queue().find(id);
    EXPECT_EQ(mail.status, "queued");
    EXPECT_EQ(mail.tries, 0);
    EXPECT_TRUE(product.results().of(id).empty());
    EXPECT_TRUE(peer.mails().empty());
  }
}

TEST(Engine, ReconnectsAtOnceIfTheServerClosedBetweenTwoMails) {
  const Product product;
  PeerScript script;
  script.answers["MAIL"] = {"250 ok", "421 4.4.2 idle"};
  SmtpPeer peer(script);
  product.configure_peer(peer.port());
  product.submit({"a@example.com"});
  const auto second = product.submit({"b@example.com"});
  const auto said = run_engine_dry(product);
  EXPECT_EQ(peer.connections(), 2);
  EXPECT_EQ(product.queue().find(second)->tries, 1) << "the broken start does not count";
  EXPECT_EQ(said.find("DFI"), std::string::npos) << said;
}

TEST(Engine, SendsTheSameMailAgainIfTheConnectionBrokeAfterTheDot) {
  const Product product;
  PeerScript script;
  script.answers["DOT"] = {"CLOSE"};
  SmtpPeer peer(script);
  product.configure_peer(peer.port());
  const auto id = product.submit({"a@example.com"});
  run_engine(product, [&] { return product.status(id) == "sent"; });
  ASSERT_EQ(peer.mails().size(), 2u);
  EXPECT_EQ(peer.mails()[0].data, peer.mails()[1].data) << "Message-ID and Date too";
  EXPECT_EQ(product.results().of(id).front().code, "RETRY");
}

TEST(Engine, MarksAMailBeforeItsFinalDot) {
  const Product product;
  PeerScript script;
  script.answers["DOT"] = {"220-never ends"};
  SmtpPeer peer(script);
  product.configure_peer(peer.port());
  const auto id = product.submit({"a@example.com"});
  Timeouts timeouts;
  timeouts.dot = std::chrono::milliseconds(300);
  std::string seen;
  run_engine(
      product,
      [&] {
        if (seen.empty() && peer.count("<dot>") > 0) seen = product.status(id);
        return !seen.empty();
      },
      timeouts);
  EXPECT_EQ(seen, "dot");
}

TEST(Engine, QueuesAgainWhatACrashLeftActive) {
  const Product product;
  SmtpPeer peer;
  product.configure_peer(peer.port());
  const auto id = product.submit({"a@example.com"});
  product.execute("FAXKA", "UPDATE FAXKA SET KASTAT = 'active'");
  run_engine_dry(product);
  EXPECT_EQ(product.status(id), "sent");
  EXPECT_EQ(peer.mails().size(), 1u);
}

TEST(Engine, SendsAnUndecidedMailAgainOnlyIfItsResultIsUnknown) {
  const Product product;
  SmtpPeer peer;
  product.configure_peer(peer.port());
  const auto known = product.submit({"a@example.com"}), unknown = product.submit({"b@example.com"});
  auto results = product.results();
  results.add(known, {{"a@example.com", Outcome::sent, 250, "ok", Scope::message, true}});
  results.commit();
  product.execute("FAXKA", "UPDATE FAXKA SET KASTAT = 'dot'");
  run_engine_dry(product);
  EXPECT_EQ(product.status(known), "sent");
  EXPECT_EQ(product.status(unknown), "sent");
  ASSERT_EQ(peer.mails().size(), 1u);
  EXPECT_EQ(peer.mails()[0].to.front(), "b@example.com");
}

TEST(Engine, GivesUpAMailThatIsOlderThanItsLifetime) {
  const Product product;
  PeerScript script;
  script.answers["RCPT"] = {"450 4.2.1 busy"};
  SmtpPeer peer(script);
  product.configure_peer(peer.port());
  const auto id = product.submit({"a@example.com"});
  product.execute("FAXKA", "UPDATE FAXKA SET KATS = '2020-08-11T12:34:56.000Z'");
  run_engine_dry(product);
  EXPECT_EQ(product.status(id), "failed");
}

TEST(Engine, PutsNothingIntoACommandThatDoesNotBelongThere) {
  const Product product;
  SmtpPeer peer;
  product.configure_peer(peer.port());
  product.queue().submit(
      {"", "tester", "a@example.com>\r\nRCPT TO:<b@example.com", "x", "<1@example.com>", "x\r\n", {"c@example.com"}});
  product.queue().submit({"", "tester", "a@example.com", "x", "<2@example.com>", "x\r\n", {"c@example.com>\r\nDATA"}});
  run_engine_dry(product);
  EXPECT_EQ(product.queue().list("failed").size(), 2u);
  EXPECT_TRUE(peer.mails().empty());
}

TEST(Pauses, GrowWithTheFailures) {
  EXPECT_EQ(server_pause(0).count(), 1);
  EXPECT_EQ(server_pause(1).count(), 2);
  EXPECT_EQ(server_pause(20).count(), 60);
  EXPECT_EQ(account_pause(0).count(), 60);
  const std::vector<std::chrono::seconds> ladder{std::chrono::seconds(60), std::chrono::seconds(300)};
  for (int i = 0; i < 100; ++i) {
    EXPECT_NEAR(static_cast<double>(retry_pause(ladder, 0).count()), 60, 13);
    EXPECT_NEAR(static_cast<double>(retry_pause(ladder, 1000).count()), 4 * 3600, 4 * 3600 * 0.21);
  }
}

}  // namespace
}  // namespace faxmail::test
