// SPDX-License-Identifier: Apache-2.0
// Behaviours 71 to 76: a second engine, the clock, addresses, and what an operator does meanwhile.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <ctime>
#include <fstream>
#include <set>
#include <thread>

#include "payloads/faxmail/engine/owner.hpp"
#include "payloads/faxmail/product/data_file.hpp"
#include "payloads/faxmail/product/utc.hpp"
#include "tests/faxmail/hostile.hpp"

namespace faxmail::test::hostile {
namespace {

std::set<std::string> message_ids(const SmtpPeer& peer) {
  std::set<std::string> ids;
  for (const auto& mail : peer.mails()) ids.insert(mail.data.substr(0, mail.data.find("\r\n")));
  return ids;
}

// --- 71 ------------------------------------------------------------------------------------------------------------

TEST(HostileEngine, Case71_a_second_engine_is_refused) {
  const Product product;
  const auto first = Owner::take(product.layout().data());
  EXPECT_EQ(error_of([&] { Owner::take(product.layout().data()); }), "mail_engine_running");
  EXPECT_EQ(queue_owner(product.layout().data()), std::to_string(::getpid()));
}

// --- 72: the clock was wrong by a day while a mail was accepted or tried
// ----------------------------------------------

class HostileClock : public testing::TestWithParam<int> {};

TEST_P(HostileClock, Case72_moves_no_mail_to_a_wrong_end) {
  const std::int64_t now = std::time(nullptr), wrong = now + GetParam() * 24 * 3600;
  World world;
  PeerScript script;
  script.acts["DOT"] = once(say("451 4.7.1 later\r\n"));
  SmtpPeer peer(script);
  const auto mail = world.submit();
  world.product().execute("FAXKA",
                          "UPDATE FAXKA SET KATS = '" + utc_text(wrong) + "', KANEXT = " + std::to_string(wrong));
  auto verdict = mail_later(451);
  verdict.taken = 1;
  expect(verdict, world.attempt(world.account(peer), mail), peer);
  const auto next = world.product().queue().find(mail)->next;
  EXPECT_GT(next, now);
  EXPECT_LT(next, now + 600);
}

INSTANTIATE_TEST_SUITE_P(Hostile, HostileClock, testing::Values(-1, 1),
                         [](const auto& one) { return one.param < 0 ? "a_day_ahead_now" : "a_day_behind_now"; });

// --- 73 ------------------------------------------------------------------------------------------------------------

SocketAddress loopback(const char* address, int port) {
  SocketAddress result;
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, address, &in.sin_addr);
  std::memcpy(&result.storage, &in, sizeof in);
  result.size = sizeof in;
  return result;
}

/// A port that neither takes nor refuses connections: its backlog is full.
class DeadPort {
 public:
  DeadPort() {
    auto address = loopback("127.0.0.1", 0);
    auto* generic = reinterpret_cast<sockaddr*>(&address.storage);
    ::bind(listener_.get(), generic, address.size);
    ::listen(listener_.get(), 0);
    ::getsockname(listener_.get(), generic, &address.size);
    port_ = ntohs(reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port);
    for (auto& client : clients_) {
      client = dfi::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      ::connect(client.get(), address.get(), address.size);
    }
  }
  int port() const { return port_; }

 private:
  dfi::Fd listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  dfi::Fd clients_[4];
  int port_ = 0;
};

TEST(HostileEngine, Case73_four_dead_addresses_before_the_living_one) {
  SmtpPeer peer;
  const DeadPort dead;
  const std::vector<SocketAddress> addresses{loopback("127.0.0.1", dead.port()), loopback("127.0.0.1", dead.port()),
                                             loopback("127.0.0.1", dead.port()), loopback("127.0.0.9", peer.port()),
                                             loopback("127.0.0.1", peer.port())};
  auto connection = Connection::open({"mail.example.com", peer.port()}, addresses, std::chrono::milliseconds(1000), -1);
  EXPECT_EQ(connection.address().text(), "127.0.0.1");
  connection.begin_phase("greeting", std::chrono::seconds(10));
  EXPECT_EQ(connection.read().substr(0, 3), "220");
}

TEST(HostileEngine, Case73_only_dead_addresses) {
  const DeadPort dead;
  const std::vector<SocketAddress> addresses(2, loopback("127.0.0.1", dead.port()));
  EXPECT_EQ(error_of([&] { Connection::open({"mail.example.com", 25}, addresses, brief, -1); }), "smtp_unreachable");
}

TEST(HostileEngine, Case73_a_name_without_an_address) {
  World world;
  SmtpPeer peer;
  auto account = world.account(peer);
  account.endpoint.server = "nobody.invalid";
  account.timeouts.connect = std::chrono::milliseconds(2000);
  auto verdict = later("DFI7313", "nobody.invalid");
  verdict.scope = Scope::network;
  expect(verdict, world.attempt(account, world.submit()), peer);
}

TEST(HostileEngine, Case73_a_port_nobody_listens_on) {
  World world;
  SmtpPeer peer;
  auto account = world.account(peer);
  { account.endpoint.port = SmtpPeer().port(); }
  auto verdict = later("DFI7301");
  verdict.scope = Scope::network;
  expect(verdict, world.attempt(account, world.submit()), peer);
}

// --- 74, 75: the operator during DATA --------------------------------------------------------------------------------

TEST(HostileEngine, Case74_configuration_replaced_during_DATA) {
  const Product product(Release::v606);
  PeerScript script;
  script.acts["BODY"] = [&](Wire&) {
    product.configure("server = \"elsewhere.invalid\"\nport = \"1\"\n");
    return Then::go_on;
  };
  SmtpPeer peer(script);
  product.configure_peer(peer.port(), "auth = \"*NONE\"\nssl = \"*NO\"\nmax_connections = 1");
  product.submit({"a@example.com"});
  product.submit({"b@example.com"});
  const auto said = run_engine_dry(product);
  EXPECT_EQ(peer.mails().size(), 2u) << "changes count from the next start on";
  EXPECT_EQ(said.find(" DFI"), std::string::npos) << said;
}

void set_trace_flag(const Product& product, char flag) {
  auto area = std::string(area_length, ' ');
  area[221] = flag;
  std::ofstream(product.layout().data_file("FAXDTAARA")) << area;
}

TEST(HostileEngine, Case75_trace_switched_on_and_off_during_DATA) {
  World world;
  const auto& product = world.product();
  std::atomic<int> bodies{0};
  PeerScript script;
  script.acts["BODY"] = [&](Wire&) {
    // The engine looks once a second.
    set_trace_flag(product, ++bodies % 2 == 1 ? 'M' : ' ');
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));
    return Then::go_on;
  };
  SmtpPeer peer(script);
  for (int i = 0; i < 3; ++i) world.submit();
  auto queue = product.queue();
  auto account = world.account(peer);
  account.limits.max_per_connection = 1;
  const auto said = world.run(account, [&] { return queue.list("sent").size() == 3; });
  EXPECT_EQ(peer.mails().size(), 3u) << said;
  int traces = 0;
  for ([[maybe_unused]] const auto& file : fs::directory_iterator(world.settings.trace.directory)) ++traces;
  EXPECT_EQ(traces, 1) << "the second mail began while the trace was on";
}

TEST(HostileEngine, Case75_an_area_that_is_just_being_rewritten_stops_no_mail) {
  World world;
  const auto& product = world.product();
  const auto area = product.layout().data_file("FAXDTAARA");
  PeerScript script;
  script.acts["BODY"] = [&](Wire&) {
    fs::resize_file(area, 0);
    // The engine looks once a second.
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));
    set_trace_flag(product, 'M');
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));
    return Then::go_on;
  };
  SmtpPeer peer(script);
  world.submit();
  auto queue = product.queue();
  const auto said = world.run(world.account(peer), [&] { return queue.list("sent").size() == 1; });
  EXPECT_EQ(peer.mails().size(), 1u) << said;
  EXPECT_NE(said.find("trace"), std::string::npos) << "seen as soon as it was whole: " << said;
}

// --- 76 ------------------------------------------------------------------------------------------------------------

TEST(HostileEngine, Case76_drained_stopped_and_started_again_under_load) {
  constexpr std::size_t mails = 100;
  World world;
  SmtpPeer peer;
  for (std::size_t i = 0; i < mails; ++i) world.submit();
  auto account = world.account(peer);
  account.limits.max_connections = 3;
  auto queue = world.product().queue();
  for (std::size_t round = 1; queue.list("sent").size() < mails; ++round) {
    ASSERT_LE(round, mails);
    const auto goal = std::min(mails, 15 * round);
    world.run(account, [&] {
      if (queue.list("sent").size() < goal) return false;
      if (queue.note("drain").empty()) queue.set_note("drain", "1");
      // As `faxmail drain` waits: nothing in transfer any more.
      const auto counts = queue.counts();
      return counts[1].second == 0 && counts[2].second == 0;
    });
    EXPECT_EQ(queue.counts()[1].second + queue.counts()[2].second, 0);
  }
  EXPECT_EQ(peer.mails().size(), mails) << "none twice";
  EXPECT_EQ(message_ids(peer).size(), mails) << "none lost";
}

}  // namespace
}  // namespace faxmail::test::hostile
