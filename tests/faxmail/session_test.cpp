// SPDX-License-Identifier: Apache-2.0
// The dialogue against a scripted peer: each case must end with the right error, or send and nothing else.
#include "payloads/faxmail/smtp/session.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "payloads/faxmail/config/accounts.hpp"
#include "tests/faxmail/product_fixture.hpp"
#include "tests/faxmail/smtp_peer.hpp"

namespace faxmail::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SessionTest : public testing::Test {
 protected:
  SessionTest() {
    authority_.write_pem(product_.layout().config_directory() / "ca.pem");
    product_.write_password("s3cret");
  }

  Account account() {
    auto account = accounts_of(product_.config(), product_.capability()).front();
    account.timeouts = timeouts_;
    return account;
  }
  Session open(const SmtpPeer& peer, const std::string& lines = {}) {
    product_.configure_peer(peer.port(), lines);
    return Session::open(account(), -1);
  }
  std::string open_error(const SmtpPeer& peer, const std::string& lines) {
    return error_of([&] { open(peer, lines).quit(); });
  }
  Delivery send(Session& session, const std::vector<std::string>& to = {"a@example.com"}) {
    return session.send({"fax@example.com", to}, "Subject: x\r\n\r\n.hidden\r\n", [this] { ++dots_; });
  }
  PeerScript tls_script() {
    PeerScript script;
    script.starttls = true;
    script.user = "scott";
    script.password = "s3cret";
    script.capabilities_in_tls = {"AUTH LOGIN PLAIN"};
    return script;
  }

  Product product_{Release::hotptf};
  Authority authority_;
  Timeouts timeouts_;
  int dots_ = 0;
  const std::string tls_ = "ssl = \"*YES\"\ntls_ca_file = \"ca.pem\"\n";
  const std::string login_ = "user = \"scott\"\npassword_file = \"password\"\n";
};

TEST_F(SessionTest, SendsManyMailsOverOneConnection) {
  SmtpPeer peer;
  auto session = open(peer);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(send(session).front().outcome, Outcome::sent);
  session.quit();
  EXPECT_EQ(peer.connections(), 1);
  ASSERT_EQ(peer.mails().size(), 3u);
  EXPECT_EQ(peer.mails()[2].data, "Subject: x\r\n\r\n..hidden\r\n");
  EXPECT_EQ(dots_, 3);
}

TEST_F(SessionTest, EncryptsAndLogsInWithTheStrongestMethodOffered) {
  SmtpPeer peer(tls_script(), authority_.issue("IP:127.0.0.1"));
  auto session = open(peer, tls_ + login_ + "auth = \"*AUTO\"");
  send(session);
  EXPECT_EQ(peer.mails().size(), 1u);
  EXPECT_EQ(peer.count("AUTH PLAIN"), 1u);
  EXPECT_EQ(peer.count("EHLO"), 2u);  // what was learned before TLS does not count
}

TEST_F(SessionTest, TriesTheNextOfferedMethodOnce) {
  auto script = tls_script();
  script.answers["AUTH"] = {"504 5.7.4 unrecognized authentication type"};
  SmtpPeer peer(script, authority_.issue("IP:127.0.0.1"));
  open(peer, tls_ + login_ + "auth = \"*AUTO\"");
  EXPECT_EQ(peer.count("AUTH LOGIN"), 1u);
}

TEST_F(SessionTest, SpeaksTlsAtOnceOnTheSmtpsPort) {
  auto script = tls_script();
  script.implicit_tls = true;
  SmtpPeer peer(script, authority_.issue("IP:127.0.0.1"));
  product_.configure_peer(peer.port(), tls_);
  auto account = this->account();
  account.encryption = Account::Encryption::implicit;  // a test has no port 465
  auto session = Session::open(account, -1);
  EXPECT_EQ(send(session).front().outcome, Outcome::sent);
  EXPECT_EQ(peer.count("STARTTLS"), 0u);
}

TEST_F(SessionTest, StopsIfStarttlsIsNotOffered) {
  SmtpPeer peer;
  EXPECT_EQ(open_error(peer, tls_), "smtp_tls_not_offered");
  EXPECT_EQ(peer.commands().size(), 1u);  // EHLO and nothing else
}

TEST_F(SessionTest, RefusesBytesBehindTheAnswerToStarttls) {
  auto script = tls_script();
  script.behind_starttls = "250 2.0.0 injected\r\n";
  SmtpPeer peer(script, authority_.issue("IP:127.0.0.1"));
  EXPECT_EQ(open_error(peer, tls_), "smtp_injected");
}

TEST_F(SessionTest, RefusesACertificateOfAnotherAuthority) {
  SmtpPeer peer(tls_script(), Authority("Other CA").issue("IP:127.0.0.1"));
  EXPECT_EQ(open_error(peer, tls_ + login_ + "auth = \"*LOGIN\""), "smtp_certificate");
  EXPECT_EQ(peer.count("AUTH"), 0u);
}

TEST_F(SessionTest, RefusesACertificateOfAnotherHost) {
  SmtpPeer peer(tls_script(), authority_.issue("DNS:mail.example.com,IP:192.0.2.1"));
  EXPECT_EQ(open_error(peer, tls_), "smtp_certificate");
}

TEST_F(SessionTest, ChecksTheCertificateAgainstTheSystemWithoutACaFile) {
  SmtpPeer peer(tls_script(), authority_.issue("IP:127.0.0.1"));
  EXPECT_EQ(open_error(peer, "ssl = \"*YES\"\n"), "smtp_certificate");
}

TEST_F(SessionTest, RefusesATlsVersionBelowTheMinimumOfTheRelease) {
  auto script = tls_script();
  script.tls_version = TLS1_1_VERSION;
  SmtpPeer peer(script, authority_.issue("IP:127.0.0.1"));
  EXPECT_EQ(open_error(peer, tls_), "smtp_tls_failed");
  product_.configure_peer(peer.port(), tls_);
  auto account = this->account();
  account.tls.minimum = "1.0";  // 5.92 without the HOTPTF
  EXPECT_EQ(error_of([&] { Session::open(account, -1); }), "nothing");
}

TEST_F(SessionTest, StopsIfTheConfiguredLoginIsNotOffered) {
  auto script = tls_script();
  script.capabilities_in_tls = {"AUTH NTLM GSSAPI"};
  SmtpPeer peer(script, authority_.issue("IP:127.0.0.1"));
  EXPECT_EQ(open_error(peer, tls_ + login_ + "auth = \"*AUTO\""), "smtp_auth_not_offered");
  SmtpPeer without;
  EXPECT_EQ(open_error(without, login_ + "auth = \"*LOGIN\""), "smtp_auth_not_offered");
  EXPECT_EQ(without.count("MAIL") + peer.count("MAIL"), 0u);
}

TEST_F(SessionTest, TakesOnly235ForALogin) {
  for (const char* answer : {"250 ok", "535 5.7.8 no", "454 4.7.0 later"}) {
    auto script = tls_script();
    script.answers["AUTH"] = {answer, answer};
    SmtpPeer peer(script, authority_.issue("IP:127.0.0.1"));
    EXPECT_EQ(open_error(peer, tls_ + login_ + "auth = \"*AUTO\""), "smtp_login_refused") << answer;
  }
}

TEST_F(SessionTest, ReadsThePasswordOnlyFromAFileOfMode0600) {
  SmtpPeer peer(tls_script(), authority_.issue("IP:127.0.0.1"));
  ::chmod((product_.layout().config_directory() / "password").c_str(), 0644);
  EXPECT_EQ(open_error(peer, tls_ + login_ + "auth = \"*LOGIN\""), "mail_secret_unsafe");
}

TEST_F(SessionTest, KeepsAResultForEachRecipient) {
  PeerScript script;
  script.answers["RCPT TO:<b@example.com>"] = {"450 4.2.1 busy"};
  script.answers["RCPT TO:<c@example.com>"] = {"550 5.1.1 unknown"};
  script.answers["RCPT TO:<d@example.com>"] = {"251 will forward"};
  SmtpPeer peer(script);
  auto session = open(peer);
  const auto delivery = send(session, {"a@example.com", "b@example.com", "c@example.com", "d@example.com"});
  std::vector<int> codes;
  for (const auto& result : delivery) codes.push_back(result.code);
  EXPECT_THAT(codes, ElementsAre(250, 450, 550, 250));
  EXPECT_EQ(delivery[1].outcome, Outcome::temporary);
  EXPECT_EQ(delivery[2].outcome, Outcome::permanent);
  EXPECT_EQ(delivery[2].text, "5.1.1 unknown");
  EXPECT_THAT(peer.mails().front().to, ElementsAre("a@example.com", "d@example.com"));
}

TEST_F(SessionTest, ForgetsAMailWhoseRecipientsWereAllRefused) {
  PeerScript script;
  script.answers["RCPT"] = {"550 no", "550 no"};
  SmtpPeer peer(script);
  auto session = open(peer);
  send(session, {"a@example.com", "b@example.com"});
  EXPECT_EQ(peer.count("RSET"), 1u);
  EXPECT_EQ(dots_, 0);
  EXPECT_EQ(send(session).front().outcome, Outcome::sent);
}

TEST_F(SessionTest, TellsTemporaryFromPermanentRefusals) {
  for (const auto& [verb, answer, outcome] : {std::tuple{"MAIL", "451 later", Outcome::temporary},
                                              {"MAIL", "553 syntax", Outcome::permanent},
                                              {"MAIL", "550 5.7.60 not your address", Outcome::temporary},
                                              {"DATA", "451 later", Outcome::temporary},
                                              {"DATA", "554 no", Outcome::permanent},
                                              {"DOT", "452 full", Outcome::temporary},
                                              {"DOT", "554 spam", Outcome::permanent},
                                              {"DOT", "554 5.2.252 SendAsDenied", Outcome::temporary}}) {
    PeerScript script;
    script.answers[verb] = {answer};
    SmtpPeer peer(script);
    auto session = open(peer);
    EXPECT_EQ(send(session).front().outcome, outcome) << verb << ' ' << answer;
    EXPECT_EQ(send(session).front().outcome, Outcome::sent) << "the session goes on";
  }
}

TEST_F(SessionTest, NamesTheAccountIfTheServerDemandsALogin) {
  PeerScript script;
  script.answers["MAIL"] = {"530 5.7.57 not allowed to send as anonymous"};
  SmtpPeer peer(script);
  auto session = open(peer);
  EXPECT_EQ(error_of([&] { send(session); }), "smtp_login_demanded");
}

TEST_F(SessionTest, KnowsWhetherTheDotHadLeftWhenTheConnectionBroke) {
  for (const auto& [verb, progress] : {std::pair{"MAIL", Progress::envelope},
                                       {"RCPT", Progress::envelope},
                                       {"DATA", Progress::envelope},
                                       {"DOT", Progress::dot}}) {
    PeerScript script;
    script.answers[verb] = {"CLOSE"};
    SmtpPeer peer(script);
    auto session = open(peer);
    EXPECT_EQ(error_of([&] { send(session); }), "smtp_connection_lost");
    EXPECT_EQ(session.progress(), progress) << verb;
  }
}

TEST_F(SessionTest, NeverTakesAnUnaskedReplyForAnAnswer) {
  PeerScript script;
  script.answers["MAIL"] = {"250 ok\r\n250 and once more"};
  SmtpPeer peer(script);
  auto session = open(peer);
  EXPECT_EQ(error_of([&] { send(session); }), "smtp_connection_lost");
}

TEST_F(SessionTest, RefusesAMailLargerThanTheServerTakes) {
  PeerScript script;
  script.capabilities = {"SIZE 10"};
  SmtpPeer peer(script);
  auto session = open(peer);
  const auto delivery = send(session);
  EXPECT_EQ(delivery.front().outcome, Outcome::permanent);
  EXPECT_EQ(peer.count("MAIL"), 0u);
}

TEST_F(SessionTest, WaitsForAGreetingOnlyAsLongAsThePhaseMayTake) {
  PeerScript script;
  script.answers["GREETING"] = {"220-this greeting never ends"};
  SmtpPeer peer(script);
  timeouts_.greeting = std::chrono::milliseconds(100);
  EXPECT_EQ(open_error(peer, ""), "smtp_timeout");
}

TEST_F(SessionTest, FallsBackToHeloOnlyWithoutTlsAndLogin) {
  for (const auto& [lines, expected] :
       {std::pair<std::string, std::string>{"", "nothing"}, {login_ + "auth = \"*LOGIN\"", "smtp_refused"}}) {
    PeerScript script;
    script.answers["EHLO"] = {"502 unknown"};
    SmtpPeer peer(script);
    EXPECT_EQ(open_error(peer, lines), expected);
  }
}

TEST_F(SessionTest, NamesAServerThatCannotBeReached) {
  int port = 0;
  { port = SmtpPeer().port(); }
  product_.configure_peer(port);
  EXPECT_EQ(error_of([&] { Session::open(account(), -1); }), "smtp_unreachable");
}

}  // namespace
}  // namespace faxmail::test
