// SPDX-License-Identifier: Apache-2.0
// Behaviours 34 to 44: the login.
#include <gmock/gmock.h>

#include "payloads/faxmail/message/encoding.hpp"
#include "tests/faxmail/hostile.hpp"

namespace faxmail::test::hostile {
namespace {

using Server = std::function<void(PeerScript&)>;

std::function<void(Account&)> logs_in(std::string auth) {
  return [auth = std::move(auth)](Account& account) {
    account.auth = auth;
    account.encryption = Account::Encryption::starttls;
    account.tls.verify = false;  // not what is tested here
    account.user = "scott";
    account.password = [] { return Secret("s3cret"); };
  };
}

/// Offers these mechanisms and acts so at AUTH.
Server offers(std::string mechanisms, Act act = {}) {
  return [mechanisms = std::move(mechanisms), act = std::move(act)](PeerScript& script) {
    script.starttls = true;
    script.capabilities_in_tls = {"AUTH " + mechanisms, "PIPELINING"};
    script.user = "scott";
    script.password = "s3cret";
    if (act) script.acts["AUTH"] = act;
  };
}

/// Says the first text to AUTH, each further one to the next line of the client.
Act talk(std::vector<std::string> texts) {
  return [texts = std::move(texts)](Wire& wire) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (i > 0 && !wire.line()) return Then::close;
      if (!wire.send(texts[i])) return Then::close;
    }
    return Then::go_on;
  };
}

/// Takes a cancelled exchange (RFC 4954 4) as it should; anything else as a right password.
Act cancel_wanted(std::string challenge) {
  return [challenge = std::move(challenge)](Wire& wire) {
    wire.send(challenge);
    const auto answer = wire.line();
    wire.send(answer == "*" ? "501 5.7.0 cancelled\r\n" : "235 2.7.0 ok\r\n");
    return Then::go_on;
  };
}

const Case cases[] = {
    {"Case34_no_login_offered", [](PeerScript& script) { script.starttls = true; },
     account_waits("DFI7310", "it offers: -"), logs_in("*AUTO")},
    {"Case34_login_offered_but_not_the_configured_one", offers("PLAIN"), account_waits("DFI7310", "it offers: PLAIN"),
     logs_in("*LOGIN")},
    {"Case35_only_logins_of_a_domain", offers("NTLM GSSAPI"), account_waits("DFI7310", "NTLM"), logs_in("*AUTO")},
    {"Case36_empty_challenge_to_LOGIN", offers("LOGIN", talk({"334 \r\n", "334\r\n", "235 2.7.0 ok\r\n"})), sent(),
     logs_in("*LOGIN")},
    {"Case36_empty_challenge_to_PLAIN", offers("PLAIN", talk({"334 \r\n", "235 2.7.0 ok\r\n"})), sent(),
     logs_in("*PLAIN")},
    {"Case37_challenge_that_is_no_base64", offers("LOGIN", cancel_wanted("334 !Username:\r\n")),
     account_waits("DFI7311", "501"), logs_in("*LOGIN")},
    {"Case37_challenges_without_end",
     offers("LOGIN", talk({"334 \r\n", "334 \r\n", "334 \r\n", "334 \r\n", "501 5.7.0 no\r\n"})),
     later("DFI7305", "(AUTH): 334"), logs_in("*LOGIN")},
    {"Case38_odd_prompts", offers("LOGIN", talk({"334 Vk9STkFNRTo=\r\n", "334 S2VubndvcnQ6\r\n", "235 2.7.0 ok\r\n"})),
     sent(), logs_in("*LOGIN")},
    {"Case39_taken_at_once", offers("LOGIN", say("235 2.7.0 ok\r\n")), sent(), logs_in("*LOGIN")},
    {"Case41_454", offers("PLAIN LOGIN", say("454 4.7.0 later\r\n")), later("DFI7317", "454"), logs_in("*AUTO")},
    {"Case41_432", offers("PLAIN LOGIN", say("432 4.7.12 change your password\r\n")), account_waits("DFI7311", "432"),
     logs_in("*AUTO")},
    {"Case41_534_next_mechanism", offers("PLAIN LOGIN", once(say("534 5.7.9 too weak\r\n"))), sent(), logs_in("*AUTO")},
    {"Case41_504_next_mechanism", offers("PLAIN LOGIN", once(say("504 5.7.4 unknown\r\n"))), sent(), logs_in("*AUTO")},
    {"Case41_535_next_mechanism", offers("PLAIN LOGIN", once(say("535 5.7.8 no\r\n"))), sent(), logs_in("*AUTO")},
    {"Case41_535_always", offers("PLAIN LOGIN CRAM-MD5", say("535 5.7.8 no\r\n")), account_waits("DFI7311", "535"),
     logs_in("*AUTO")},
    {"Case43_250_to_AUTH", offers("PLAIN", say("250 2.0.0 Ok\r\n")), account_waits("DFI7311", "250"), logs_in("*AUTO")},
};

class HostileAuth : public testing::TestWithParam<Case> {};
TEST_P(HostileAuth, EndsAsItMust) { play(GetParam(), self_signed("DNS:any")); }
INSTANTIATE_TEST_SUITE_P(Hostile, HostileAuth, testing::ValuesIn(cases), name_of);

TEST(HostileAuth, Case41_two_mechanisms_are_tried_and_no_third) {
  World world;
  PeerScript script;
  offers("PLAIN LOGIN CRAM-MD5", say("535 5.7.8 no\r\n"))(script);
  SmtpPeer peer(script, self_signed("DNS:any"));
  auto account = world.account(peer);
  logs_in("*AUTO")(account);
  world.attempt(account, world.submit());
  EXPECT_EQ(peer.count("AUTH"), 2u);
}

/// An account with tokens, each refused or spent one followed by the next.
struct Tokens {
  int given = 0, spent = 0;

  void use(Account& account) {
    account.auth = "*XOAUTH2";
    account.user = "fax@example.com";
    account.token = [this] {
      ++given;
      return Secret("token-" + std::to_string(spent));
    };
    account.token_spent = [this] { ++spent; };
  }
};

class HostileToken : public testing::Test {
 protected:
  World world_;
  Tokens tokens_;
  PeerScript script_;
  Identity identity_ = world_.authority().issue("IP:127.0.0.1");

  Account account(const SmtpPeer& peer) {
    auto account = world_.account(peer);
    world_.encrypt(account);
    tokens_.use(account);
    return account;
  }
};

TEST_F(HostileToken, Case40_error_in_the_challenge) {
  const std::string json = R"({"status":"400","schemes":"Bearer","scope":"https://mail.example.com/"})";
  std::mutex mutex;
  std::vector<std::string> acknowledged;
  script_.starttls = true;
  script_.capabilities_in_tls = {"AUTH XOAUTH2"};
  script_.acts["AUTH"] = [&](Wire& wire) {
    wire.send("334 " + base64(json) + "\r\n");
    const auto line = wire.line();
    const std::lock_guard lock(mutex);
    acknowledged.push_back(line.value_or("<closed>"));
    wire.send("535 5.7.3 Authentication unsuccessful\r\n");
    return Then::go_on;
  };
  SmtpPeer peer(script_, std::move(identity_));
  const auto seen = world_.attempt(account(peer), world_.submit());
  expect(account_waits("DFI7311", json), seen, peer);
  EXPECT_EQ(tokens_.spent, 1) << "once with a fresh token";
  const std::lock_guard lock(mutex);
  EXPECT_THAT(acknowledged, testing::ElementsAre("", ""));
}

TEST_F(HostileToken, Case44_expires_between_two_mails) {
  script_.starttls = true;
  script_.capabilities_in_tls = {"AUTH XOAUTH2"};
  script_.acts["AUTH"] = say("235 2.7.0 ok\r\n");
  std::atomic<int> mails{0};
  script_.acts["MAIL"] = [&](Wire& wire) {
    if (++mails != 2) return Then::answer;
    wire.send("530 5.7.57 token has expired\r\n");
    return Then::go_on;
  };
  SmtpPeer peer(script_, std::move(identity_));
  world_.submit();
  const auto second = world_.submit();
  const auto seen = world_.attempt(account(peer), second);
  auto verdict = sent();
  verdict.taken = 2;
  expect(verdict, seen, peer);
  EXPECT_EQ(peer.count("AUTH XOAUTH2 " + base64("user=fax@example.com\1auth=Bearer token-0\1\1")), 1u);
  EXPECT_EQ(peer.count("AUTH XOAUTH2 " + base64("user=fax@example.com\1auth=Bearer token-1\1\1")), 1u);
}

TEST(HostileAuth, Case42_closed_after_the_password_three_times) {
  World world;
  PeerScript script;
  offers("PLAIN", say_and_close(""))(script);
  SmtpPeer peer(script, self_signed("DNS:any"));
  auto account = world.account(peer);
  logs_in("*PLAIN")(account);
  const auto mail = world.submit();
  auto queue = world.product().queue();
  std::string note;
  int flushed = 0;
  const auto said = world.run(account, [&] {
    // Each pause of the server is ended by hand as soon as it begins.
    if (const auto now = queue.note("account:default"); now != note) {
      note = now;
      if (++flushed < 3) queue.flush();
    }
    return flushed == 3;
  });
  EXPECT_NE(said.find("next attempt in 1 s"), std::string::npos) << said;
  EXPECT_NE(said.find("next attempt in 600 s"), std::string::npos) << "the third is the account's: " << said;
  EXPECT_NE(note.find("DFI7303"), std::string::npos);
  EXPECT_EQ(peer.count("AUTH"), 3u);
  const auto entry = *queue.find(mail);
  EXPECT_EQ(entry.status, "queued");
  EXPECT_EQ(entry.tries, 0);
}

TEST(HostileAuth, Case37_an_echoed_password_is_not_told) {
  World world;
  PeerScript script;
  const auto blob = base64(std::string("\0scott\0s3cret", 13));
  offers("PLAIN", say("500 5.5.1 Command unrecognized: \"AUTH PLAIN " + blob + "\"\r\n"))(script);
  SmtpPeer peer(script, self_signed("DNS:any"));
  auto account = world.account(peer);
  logs_in("*PLAIN")(account);
  const auto seen = world.attempt(account, world.submit());
  EXPECT_EQ(seen.said.find(blob), std::string::npos) << seen.said;
  EXPECT_NE(seen.said.find("AUTH PLAIN ***"), std::string::npos) << seen.said;
}

}  // namespace
}  // namespace faxmail::test::hostile
