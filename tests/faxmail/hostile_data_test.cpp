// SPDX-License-Identifier: Apache-2.0
// Behaviours 55 to 67: the body, the final dot and its reply.
#include <netinet/in.h>

#include <thread>

#include "tests/faxmail/hostile.hpp"

namespace faxmail::test::hostile {
namespace {

using std::chrono::milliseconds;
using Server = std::function<void(PeerScript&)>;

Server at(std::string verb, Act act) {
  return [verb = std::move(verb), act = std::move(act)](PeerScript& script) { script.acts[verb] = act; };
}

/// The line broke within the body: the mail has been tried, nobody has taken it.
Verdict broken(std::string message, std::string words = {}) {
  return {"queued", "", std::move(message), std::move(words), Scope::server, "RETRY", 0, 0};
}

/// More than the buffers of both ends hold.
void large(Submission& mail) { mail.message.append(std::string(8 << 20, 'x') + "\r\n"); }

Verdict sender_waits(int smtp) { return {"queued", "sender", "DFI7319", "", std::nullopt, "RETRY", smtp, 1}; }

Verdict taken(Verdict verdict, std::size_t mails) {
  verdict.taken = mails;
  return verdict;
}

const auto brief_dot = briefly(&Timeouts::dot);
const auto brief_block = briefly(&Timeouts::block);

const Case cases[] = {
    {"Case55_250_instead_of_354", at("DATA", say("250 ok\r\n")), later("DFI7305", "(DATA): 250")},
    {"Case56_DATA_451", at("DATA", say("451 4.7.1 later\r\n")), mail_later(451)},
    {"Case56_DATA_451_without_a_queue_file", at("DATA", say("451 4.3.0 no queue file\r\n")), mail_later(451)},
    {"Case56_DATA_554", at("DATA", say("554 5.6.0 no\r\n")), failed(554)},
    {"Case56_DATA_554_and_closed", at("DATA", say_and_close("554 5.6.0 no\r\n")), failed(554)},
    {"Case57_reset_in_mid_body",
     at("BODY",
        [](Wire& wire) {
          wire.line();  // else the RST would overtake the 354
          return reset()(wire);
        }),
     broken("DFI7303"), [](Account&) {}, large},
    {"Case57_closed_in_mid_body",
     at("BODY",
        [](Wire& wire) {
          wire.line();
          return Then::close;
        }),
     broken("DFI7303"), [](Account&) {}, large},
    {"Case58_reset_after_the_dot", at("DOT", reset()), uncertain("DFI7303", "the final dot left and no answer came")},
    {"Case58_closed_after_the_dot", at("DOT", say_and_close("")), uncertain("DFI7303")},
    {"Case58_closed_within_the_reply", at("DOT", say_and_close("250-2.0.0 queued\r\n")), uncertain("DFI7303")},
    {"Case59_late_reply_to_the_dot",
     at("DOT",
        [](Wire&) {
          std::this_thread::sleep_for(milliseconds(400));
          return Then::answer;
        }),
     sent(), briefly(&Timeouts::data)},
    {"Case60_reply_in_pieces", at("DOT", slowly("250 2.0.0 queued\r\n")), sent()},
    {"Case61_451_after_the_dot", at("DOT", say("451 4.7.1 later\r\n")), taken(mail_later(451), 1)},
    {"Case61_554_after_the_dot", at("DOT", say("554 5.7.1 spam\r\n")), taken(failed(554), 1)},
    {"Case61_452_full_after_the_dot", at("DOT", say("452 4.3.1 no room\r\n")), taken(mail_later(452), 1)},
    {"Case61_mailbox_of_the_account_full", at("DOT", say("554 5.2.2 mailbox full\r\n")),
     taken(account_waits("DFI7318", "554 5.2.2"), 1)},
    {"Case61_not_the_right_to_send_as", at("DOT", say("554 5.2.252 SendAsDenied; scott not allowed\r\n")),
     sender_waits(554)},
    {"Case61_354_after_the_dot", at("DOT", say("354 go on\r\n")), uncertain("DFI7305", "354")},
    {"Case62_250_then_closed", at("DOT", say_and_close("250 2.0.0 queued\r\n")), sent()},
    {"Case63_250_and_421_in_one_packet", at("DOT", say_and_close("250 2.0.0 queued\r\n421 4.4.2 bye\r\n")), sent()},
    {"Case64_garbage_after_the_dot", at("DOT", say("\x16\x03\x01garbage\r\n")), uncertain("DFI7304")},
    {"Case64_421_after_the_dot", at("DOT", say_and_close("421 4.3.2 shutting down\r\n")),
     taken(broken("DFI7305", "421"), 1)},
    {"Case65_no_reply_to_the_dot", at("DOT", stall()), uncertain("DFI7302", "(final dot)"), brief_dot},
    {"Case66_zero_window_for_a_while",
     at("BODY",
        [](Wire&) {
          std::this_thread::sleep_for(milliseconds(400));
          return Then::answer;
        }),
     sent(), [](Account&) {}, large},
    {"Case66_zero_window_for_ever", at("BODY", stall()), broken("DFI7302", "(DATA)"), brief_block, large},
    {"Case66_reader_of_single_bytes",
     at("BODY",
        [](Wire& wire) {
          char byte = 0;
          while (!wire.gone() && ::recv(wire.fd(), &byte, 1, 0) > 0) std::this_thread::sleep_for(milliseconds(5));
          return Then::close;
        }),
     broken("DFI7302", "(DATA)"), brief_block, large},
    {"Case67_endless_slow_greeting", at("GREETING", slowly(std::string(4000, '2'), milliseconds(10))),
     later("DFI7302", "(greeting)"), briefly(&Timeouts::greeting)},
    {"Case67_endless_slow_EHLO", at("EHLO", slowly("250-" + std::string(4000, 'x'), milliseconds(10))),
     later("DFI7302", "(EHLO)"), briefly(&Timeouts::ehlo)},
    {"Case67_endless_slow_reply_to_MAIL", at("MAIL", slowly("250 " + std::string(4000, 'x'), milliseconds(10))),
     later("DFI7302", "(MAIL FROM)"), briefly(&Timeouts::envelope)},
    {"Case67_endless_slow_reply_to_the_dot", at("DOT", slowly("250 " + std::string(4000, 'x'), milliseconds(10))),
     uncertain("DFI7302", "(final dot)"), brief_dot},
};

class HostileData : public testing::TestWithParam<Case> {};
TEST_P(HostileData, EndsAsItMust) { play(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Hostile, HostileData, testing::ValuesIn(cases), name_of);

TEST(HostileData, Case58_an_uncertain_mail_is_held_if_the_operator_wishes) {
  World world;
  world.settings.hold_uncertain = true;
  PeerScript script;
  script.acts["DOT"] = reset();
  SmtpPeer peer(script);
  auto verdict = uncertain("DFI7303", "it is held");
  verdict.status = "held";
  expect(verdict, world.attempt(world.account(peer), world.submit()), peer);
}

TEST(HostileData, Case60_reply_split_over_two_records_of_TLS) {
  World world;
  PeerScript script;
  script.starttls = true;
  script.acts["DOT"] = [](Wire& wire) {
    return wire.send("25") && wire.send("0 2.0.0 ok\r\n") ? Then::go_on : Then::close;
  };
  SmtpPeer peer(script, world.authority().issue("IP:127.0.0.1"));
  auto account = world.account(peer);
  world.encrypt(account);
  expect(sent(), world.attempt(account, world.submit()), peer);
}

/// Whatever comes with the reply to the dot or instead of it: the next mail goes on a connection of its own.
TEST(HostileData, Case62_63_65_the_next_mail_is_not_harmed) {
  for (const auto& act : {say_and_close("250 2.0.0 queued\r\n"), say_and_close("250 2.0.0 queued\r\n421 4.4.2 bye\r\n"),
                          say("250 2.0.0 queued\r\n250 2.0.0 and once more\r\n")}) {
    World world;
    PeerScript script;
    script.acts["DOT"] = once(act);
    SmtpPeer peer(script);
    world.submit();
    const auto second = world.submit();
    auto verdict = sent();
    verdict.taken = 2;
    expect(verdict, world.attempt(world.account(peer), second), peer);
    EXPECT_EQ(peer.connections(), 2);
  }
}

TEST(HostileData, Case65_a_late_reply_is_not_taken_for_the_next_mails) {
  World world;
  world.settings.resend_after = std::chrono::seconds(0);
  PeerScript script;
  // The reply to the first mail comes when nobody waits for it any more; the second mail is refused.
  std::atomic<int> dots{0};
  script.acts["DOT"] = [&](Wire& wire) {
    if (++dots > 1) return wire.send("554 5.6.0 no\r\n") ? Then::go_on : Then::close;
    wire.stall();
    wire.send("250 2.0.0 queued\r\n");
    return Then::close;
  };
  SmtpPeer peer(script);
  auto account = world.account(peer);
  account.timeouts.dot = brief;
  const auto mail = world.submit();
  auto queue = world.product().queue();
  world.run(account, [&] { return queue.find(mail)->status == "failed"; });
  const auto rows = world.product().results().of(mail);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].smtp, 0);
  EXPECT_EQ(rows[1].smtp, 554);
}

}  // namespace
}  // namespace faxmail::test::hostile
