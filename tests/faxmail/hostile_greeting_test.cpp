// SPDX-License-Identifier: Apache-2.0
// Behaviours 1 to 18: greeting, EHLO and the shape of replies.
#include <thread>

#include "tests/faxmail/hostile.hpp"

namespace faxmail::test::hostile {
namespace {

using namespace std::string_literals;
using std::chrono::milliseconds;
using Server = std::function<void(PeerScript&)>;

Server greet(Act act) {
  return [act = std::move(act)](PeerScript& script) { script.acts["GREETING"] = act; };
}

Server at(std::string verb, Act act) {
  return [verb = std::move(verb), act = std::move(act)](PeerScript& script) { script.acts[verb] = act; };
}

/// Sends until the client goes away; more than a client may keep.
Act endless(std::string piece) {
  return [piece](Wire& wire) {
    while (wire.send(piece)) {
    }
    return Then::close;
  };
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

const auto brief_greeting = briefly(&Timeouts::greeting);

void brief_greeting_and_doubt(Account& account) {
  account.timeouts.greeting = brief;
  account.timeouts.doubt = milliseconds(20);
}

void wants_tls(Account& account) { account.encryption = Account::Encryption::starttls; }

const Case cases[] = {
    {"Case01_greeting_of_40_lines", greet(say(repeated("220-peer.example.com\r\n", 39) + "220 ESMTP\r\n")), sent()},
    {"Case02_greeting_byte_by_byte", greet(slowly("220 peer.example.com ESMTP\r\n")), sent()},
    {"Case03_no_greeting", greet(stall()), later("DFI7302", "(greeting)"), brief_greeting_and_doubt},
    {"Case04_late_greeting",
     [](PeerScript& script) {
       // Longer than the doubt about the port lasts, shorter than the patience for a greeting.
       script.acts["GREETING"] = slowly("220 at last\r\n", milliseconds(10));
       script.acts["CONNECT"] = [](Wire&) {
         std::this_thread::sleep_for(milliseconds(100));
         return Then::answer;
       };
     },
     sent(), [](Account& account) { account.timeouts.doubt = milliseconds(20); }},
    {"Case05_421_on_connect", greet(say_and_close("421 4.3.2 too many connections\r\n")), later("DFI7305", "421")},
    {"Case05_450_on_connect", greet(say_and_close("450 4.7.1 not you, not now\r\n")), later("DFI7305", "450")},
    {"Case06_554_on_connect", greet(say_and_close("554 5.7.1 no service for you\r\n")), later("DFI7305", "554")},
    // Whether the RST meets connect() (DFI7301) or the first read (DFI7303) is up to the kernel.
    {"Case07_reset_at_accept", at("CONNECT", reset()), later("DFI730", "ECONNRESET")},
    {"Case07_closed_at_accept", at("CONNECT", say_and_close("")), later("DFI7303", "(greeting)")},
    {"Case08_masked_by_an_inspection_box",
     [](PeerScript& script) {
       script.acts["GREETING"] = say("220 **************************2******200***\r\n");
       script.capabilities = {"XXXXXXXXA", "XXXXXXXXB"};
     },
     sent()},
    {"Case08_masked_where_encryption_is_wanted",
     [](PeerScript& script) {
       script.acts["GREETING"] = say("220 **************************2******200***\r\n");
       script.capabilities = {"XXXXXXXA"};
       script.starttls = false;
     },
     later("DFI7306", "Nothing was sent"), wants_tls},
    {"Case09_greeting_without_line_end", greet(stall("220 peer.example.com")), later("DFI7302"), brief_greeting},
    {"Case10_line_of_64_KiB", greet(say("220 " + std::string(65536, 'x') + "\r\n")), later("DFI7304", "line")},
    {"Case10_endless_line", greet(endless(std::string(4096, 'x'))), later("DFI7304", "line")},
    {"Case11_10000_continuation_lines", greet(say(repeated("220-more\r\n", 10000) + "220 end\r\n")),
     later("DFI7304", "endless reply")},
    {"Case11_endless_continuation", greet(endless("220-more\r\n")), later("DFI7304", "endless reply")},
    {"Case12_only_HELO", at("EHLO", say("502 5.5.2 unknown\r\n")), sent()},
    {"Case12_only_HELO_but_encryption_is_wanted", at("EHLO", say("502 5.5.2 unknown\r\n")), later("DFI7305", "502"),
     wants_tls},
    {"Case12_only_HELO_but_a_login_is_wanted", at("EHLO", say("502 5.5.2 unknown\r\n")), later("DFI7305", "502"),
     [](Account& account) { account.auth = "*AUTO"; }},
    {"Case13_code_changes_within_a_reply", at("EHLO", say("250-peer.example.com\r\n251 SIZE\r\n")),
     later("DFI7304", "code changes")},
    {"Case14_bare_LF", greet(say("220-peer.example.com\n220 ESMTP\n")), sent()},
    {"Case14_bare_CR", greet(say("220-peer.example.com\r220 ESMTP\r\n")), later("DFI7304", "lone CR")},
    {"Case14_only_CR", greet(stall("220 peer.example.com\r")), later("DFI7302"), brief_greeting},
    {"Case15_NUL_and_8_bit_in_a_reply", at("DOT", say("250 2.0.0 q\0ueued \xfc\xff\r\n"s)), sent()},
    {"Case16_code_without_text", at("MAIL", say("250\r\n")), sent()},
    {"Case16_code_and_blank", at("MAIL", say("250 \r\n")), sent()},
    {"Case16_code_of_two_digits", at("MAIL", say("25\r\n")), later("DFI7304")},
    {"Case16_no_code", at("MAIL", say("abc\r\n")), later("DFI7304")},
    {"Case16_code_of_four_digits", at("MAIL", say("2500 ok\r\n")), later("DFI7304")},
    {"Case16_code_below_200", at("MAIL", say("150 wait\r\n")), later("DFI7304")},
    {"Case16_empty_line", at("MAIL", say("\r\n")), later("DFI7304")},
    {"Case18_two_replies_to_one_command",
     [](PeerScript& script) {
       script.capabilities.clear();
       script.acts["MAIL"] = say("250 ok\r\n250 and once more\r\n");
     },
     later("DFI7303", "unasked reply")},
    {"Case18_two_replies_in_a_pipeline", at("MAIL", say("250 ok\r\n250 and once more\r\n")), later("DFI7305", "DATA")},
    {"Case18_two_replies_and_a_refusal_in_a_pipeline",
     [](PeerScript& script) {
       script.acts["MAIL"] = say("250 ok\r\n250 and once more\r\n");
       script.acts["RCPT"] = refuse("550 5.1.1 unknown\r\n");
       script.acts["DATA"] = stall("554 5.5.1 no valid recipients\r\n");
     },
     later("DFI7303", "unasked reply")},
};

class HostileGreeting : public testing::TestWithParam<Case> {};
TEST_P(HostileGreeting, EndsAsItMust) { play(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Hostile, HostileGreeting, testing::ValuesIn(cases), name_of);

TEST(HostileGreeting, Case03_a_silent_port_is_asked_for_TLS_on_a_second_connection) {
  World world;
  PeerScript script;
  script.acts["GREETING"] = stall();
  SmtpPeer peer(script);
  auto account = world.account(peer);
  brief_greeting_and_doubt(account);
  world.attempt(account, world.submit());
  EXPECT_GE(peer.connections(), 2);
  EXPECT_TRUE(peer.commands().empty()) << "nobody talks before the greeting";
}

TEST(HostileGreeting, Case03_a_port_that_speaks_TLS_at_once_is_named) {
  World world;
  PeerScript script;
  script.implicit_tls = true;
  SmtpPeer peer(script, world.authority().issue("IP:127.0.0.1"));
  auto account = world.account(peer);
  account.timeouts.doubt = milliseconds(500);
  const auto seen = world.attempt(account, world.submit());
  expect(later("DFI7314", "speaks TLS at once"), seen, peer);
}

TEST(HostileGreeting, Case17_keywords_of_any_shape) {
  World world;
  PeerScript script;
  script.acts["EHLO"] =
      say("250-peer.example.com\r\n250-auth=login\r\n250-  size 1000000 \r\n250-Auth NTLM login cram-md5\r\n"
          "250-AUTH PLAIN\r\n250 pipelining \r\n");
  SmtpPeer peer(script);
  auto account = world.account(peer);
  const auto session = Session::open(account);
  EXPECT_TRUE(session.offers("SIZE"));
  EXPECT_TRUE(session.offers("PIPELINING"));
  EXPECT_TRUE(session.offers("AUTH"));
  for (const char* method : {"*LOGIN", "*PLAIN"}) {
    PeerScript with_login = script;
    with_login.user = "scott";
    with_login.password = "s3cret";
    SmtpPeer strict(with_login);
    auto user = world.account(strict);
    user.auth = method;
    user.plain_without_tls = true;
    user.user = "scott";
    user.password = [] { return Secret("s3cret"); };
    EXPECT_EQ(error_of([&] { Session::open(user); }), "nothing") << method;
  }
}

TEST(HostileGreeting, Case15_bytes_are_kept_and_escaped) {
  World world;
  PeerScript script;
  script.acts["RCPT"] = refuse("550 5.1.1 n\0o \xfc\r\n"s);
  SmtpPeer peer(script);
  auto session = Session::open(world.account(peer));
  Transcript transcript;
  Outgoing mail;
  mail.envelope = {"fax@example.com", {"a@example.com"}};
  mail.transcript = &transcript;
  const auto delivery = session.send(mail, nullptr, [] {});
  EXPECT_EQ(delivery.front().text, "5.1.1 n?o ?");
  EXPECT_NE(transcript.text().find("550 5.1.1 n\\x00o \\xfc"), std::string::npos) << transcript.text();
}

}  // namespace
}  // namespace faxmail::test::hostile
