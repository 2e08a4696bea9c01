// SPDX-License-Identifier: Apache-2.0
// Behaviours 45 to 54: MAIL FROM and RCPT TO.
#include <gmock/gmock.h>
#include <netinet/in.h>

#include "tests/faxmail/hostile.hpp"

namespace faxmail::test::hostile {
namespace {

using testing::HasSubstr;
using Server = std::function<void(PeerScript&)>;

Server at(std::string verb, Act act) {
  return [verb = std::move(verb), act = std::move(act)](PeerScript& script) { script.acts[verb] = act; };
}

Server offers(std::vector<std::string> capabilities) {
  return [capabilities = std::move(capabilities)](PeerScript& script) { script.capabilities = capabilities; };
}

Act refuses(const std::string& reply) { return refuse(reply + "\r\n"); }

/// The server refuses this sender: its mails wait for half an hour, no one else's.
Verdict sender_waits(int smtp) { return {"queued", "sender", "DFI7319", "", std::nullopt, "RETRY", smtp, 0}; }

void three_recipients(Submission& mail) { mail.to = {"a@example.com", "b@example.com", "c@example.com"}; }
void eight_bit(Submission& mail) {
  mail.message += "\xc3\xbc\r\n";
  mail.options.eight_bit = true;
}
void international(Submission& mail) { mail.to = {"\xc3\xbc@example.com"}; }

const Case cases[] = {
    {"Case45_MAIL_451", at("MAIL", refuses("451 4.7.1 greylisted")), sender_waits(451)},
    {"Case45_MAIL_452_no_room", at("MAIL", refuses("452 4.3.1 insufficient system storage")),
     later("DFI7305", "452 4.3.1")},
    {"Case45_MAIL_421", at("MAIL", refuses("421 4.4.2 too long idle")), later("DFI7305", "421")},
    {"Case45_MAIL_553_syntax", at("MAIL", refuses("553 5.1.7 malformed")), failed(553)},
    {"Case45_MAIL_550_not_your_address", at("MAIL", refuses("550 5.7.60 SMTP; not permitted to send as this sender")),
     sender_waits(550)},
    {"Case45_MAIL_552_too_big", at("MAIL", refuses("552 5.3.4 message size exceeds fixed limit")), failed(552)},
    {"Case45_MAIL_530_anonymous", at("MAIL", refuses("530 5.7.57 SMTP; not allowed to send as anonymous")),
     account_waits("DFI7312", "530 5.7.57")},
    {"Case45_MAIL_432_threads", at("MAIL", refuses("432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded")),
     account_waits("DFI7318", "432")},
    {"Case47_all_recipients_rejected_but_354",
     [](PeerScript& script) {
       script.acts["RCPT"] = refuses("550 5.1.1 unknown");
       script.acts["DOT"] = say("250 2.0.0 taken, to nobody\r\n");
     },
     failed(550)},
    {"Case48_421_between_recipients",
     [](PeerScript& script) { script.answers["RCPT TO:<b@example.com>"] = {"421 4.3.2 shutting down"}; },
     later("DFI7305", "(RCPT TO): 421"), [](Account&) {}, three_recipients},
    {"Case50_replies_out_of_order",
     [](PeerScript& script) {
       script.acts["RCPT"] = refuses("354 go ahead");
       script.acts["DATA"] = refuses("550 5.1.1 unknown");
     },
     later("DFI7305", "(RCPT TO): 354")},
    {"Case50_a_reply_is_missing", at("RCPT", say("")), later("DFI7305", "(RCPT TO): 354"),
     briefly(&Timeouts::envelope)},
    {"Case50_the_last_reply_is_missing", at("DATA", say("")), later("DFI7302", "(DATA)"), briefly(&Timeouts::data)},
    {"Case50_DATA_is_taken_like_any_command",
     [](PeerScript& script) {
       script.acts["RCPT"] = refuses("550 5.1.1 unknown");
       script.acts["DATA"] = say("250 ok\r\n");
     },
     later("DFI7305", "(DATA): 250")},
    {"Case52_SIZE_0", offers({"SIZE 0", "PIPELINING"}), sent()},
    {"Case52_SIZE_without_a_number", offers({"SIZE"}), sent()},
    {"Case52_SIZE_that_is_no_number", offers({"SIZE unlimited"}), sent()},
    {"Case52_SIZE_of_too_many_digits", offers({"SIZE 99999999999999999999999999"}), sent()},
    {"Case52_SIZE_smaller_than_the_mail", offers({"SIZE 20", "PIPELINING"}), failed(552, "SIZE 20 < ")},
    {"Case52_own_limit_smaller_than_the_mail", offers({"SIZE 0"}), failed(552, "SIZE 20 < "),
     [](Account& account) { account.limits.size_limit = 20; }},
    {"Case53_8_bit_mail_without_8BITMIME", offers({"PIPELINING"}), failed(554, "8BITMIME"), [](Account&) {}, eight_bit},
    {"Case53_8_bit_mail_with_8BITMIME", offers({"8BITMIME"}), sent(), [](Account&) {}, eight_bit},
    {"Case54_international_address_without_SMTPUTF8", offers({"PIPELINING"}), failed(553, "SMTPUTF8"), [](Account&) {},
     international},
    {"Case54_international_address_with_SMTPUTF8", offers({"SMTPUTF8", "8BITMIME"}), sent(), [](Account&) {},
     international},
    {"Case54_international_headers_without_SMTPUTF8", offers({"8BITMIME"}), failed(554, "SMTPUTF8"), [](Account&) {},
     [](Submission& mail) { mail.options.smtputf8 = true; }},
};

class HostileEnvelope : public testing::TestWithParam<Case> {};
TEST_P(HostileEnvelope, EndsAsItMust) { play(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Hostile, HostileEnvelope, testing::ValuesIn(cases), name_of);

TEST(HostileEnvelope, Case46_each_of_50_recipients_has_its_own_result) {
  static const std::vector<std::pair<std::string, std::string>> kinds{{"250 2.1.5 ok", "SENT"},
                                                                      {"251 2.1.5 will forward", "SENT"},
                                                                      {"252 2.1.5 cannot verify", "SENT"},
                                                                      {"450 4.2.1 busy", "RETRY"},
                                                                      {"550 5.1.1 unknown", "FAIL"}};
  World world;
  PeerScript script;
  std::vector<std::string> addresses;
  for (std::size_t i = 0; i < 50; ++i) {
    addresses.push_back("r" + std::to_string(i) + "@example.com");
    script.answers["RCPT TO:<" + addresses.back() + ">"] = {kinds[i % kinds.size()].first};
  }
  SmtpPeer peer(script);
  const auto mail = world.submit([&](Submission& submission) { submission.to = addresses; });
  const auto seen = world.attempt(world.account(peer), mail);
  EXPECT_EQ(seen.status, "queued");
  EXPECT_EQ(seen.said.find(" DFI"), std::string::npos);
  const auto rows = world.product().results().of(mail);
  ASSERT_EQ(rows.size(), 50u);
  for (const auto& row : rows) {
    const auto number = std::stoul(row.recipient.substr(1));
    EXPECT_EQ(row.code, kinds[number % kinds.size()].second) << row.recipient;
  }
  EXPECT_EQ(peer.mails().front().to.size(), 30u);
}

TEST(HostileEnvelope, Case47_only_a_lone_dot_answers_the_354) {
  World world;
  PeerScript script;
  script.acts["RCPT"] = refuses("550 5.1.1 unknown");
  std::atomic<int> lines{-1};
  script.acts["BODY"] = [&](Wire& wire) {
    lines = 0;
    while (wire.line() != ".") ++lines;
    wire.send("250 2.0.0 taken\r\n");
    return Then::close;
  };
  SmtpPeer peer(script);
  const auto seen = world.attempt(world.account(peer), world.submit());
  EXPECT_EQ(lines, 0);
  EXPECT_EQ(seen.status, "failed");
}

TEST(HostileEnvelope, Case49_out_of_step_on_a_reused_connection) {
  for (const char* verb : {"RSET", "MAIL"}) {
    World world;
    PeerScript script;
    std::atomic<int> seen_before{0};
    // The first mail leaves an open transaction behind, so that the next one begins with RSET.
    script.answers["RCPT TO:<nobody@example.com>"] = {"550 5.1.1 unknown"};
    script.answers["DATA"] = {"554 5.5.1 no valid recipients"};
    script.acts[verb] = [&](Wire& wire) {
      if (verb == std::string("MAIL") && ++seen_before != 2) return Then::answer;
      wire.send("503 5.5.1 bad sequence\r\n");
      return Then::refused;
    };
    SmtpPeer peer(script);
    world.submit([](Submission& mail) { mail.to = {"nobody@example.com"}; });
    const auto second = world.submit();
    expect(sent(), world.attempt(world.account(peer), second), peer);
    EXPECT_EQ(peer.connections(), 2) << verb;
  }
}

/// Small buffers, so that a thousand commands and their replies do not fit.
void narrow(const Wire& wire) {
  const int bytes = 2048;
  ::setsockopt(wire.fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  ::setsockopt(wire.fd(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

TEST(HostileEnvelope, Case51_a_server_that_answers_each_command_before_it_reads_the_next) {
  World world;
  PeerScript script;
  script.acts["GREETING"] = [](Wire& wire) {
    narrow(wire);
    return Then::answer;
  };
  // Replies longer than commands: both directions fill up.
  script.acts["RCPT"] = say("250-2.1.5 " + std::string(400, 'x') + "\r\n250 2.1.5 ok\r\n");
  SmtpPeer peer(script);
  const auto mail = world.submit([](Submission& submission) {
    submission.to.clear();
    for (int i = 0; i < 1000; ++i) submission.to.push_back("recipient" + std::to_string(i) + "@example.com");
  });
  const auto seen = world.attempt(world.account(peer), mail);
  EXPECT_EQ(seen.status, "sent") << seen.said;
  EXPECT_EQ(world.product().results().of(mail).size(), 1000u);
}

TEST(HostileEnvelope, Case51_a_server_that_stops_reading) {
  World world;
  PeerScript script;
  script.acts["GREETING"] = [](Wire& wire) {
    narrow(wire);
    return Then::answer;
  };
  script.acts["MAIL"] = stall();
  SmtpPeer peer(script);
  auto account = world.account(peer);
  account.timeouts.envelope = brief;
  const auto mail = world.submit([](Submission& submission) {
    submission.to.clear();
    for (int i = 0; i < 1000; ++i) submission.to.push_back("recipient" + std::to_string(i) + "@example.com");
  });
  expect(later("DFI7302", "(MAIL FROM)"), world.attempt(account, mail), peer);
}

TEST(HostileEnvelope, Case54_one_international_address_does_not_fail_the_others) {
  World world;
  PeerScript script;
  script.capabilities = {"PIPELINING"};
  SmtpPeer peer(script);
  const auto mail = world.submit([](Submission& submission) {
    submission.to = {"a@example.com", "\xc3\xbc@example.com"};
  });
  const auto seen = world.attempt(world.account(peer), mail);
  EXPECT_EQ(seen.status, "failed");
  EXPECT_EQ(peer.mails().front().to, std::vector<std::string>{"a@example.com"});
  const auto recipients = world.product().queue().find(mail)->recipients;
  EXPECT_EQ(recipients[0].status, "sent");
  EXPECT_EQ(recipients[1].status, "failed");
}

}  // namespace
}  // namespace faxmail::test::hostile
