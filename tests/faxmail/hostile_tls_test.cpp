// SPDX-License-Identifier: Apache-2.0
// Behaviours 19 to 33: STARTTLS, certificates, TLS itself.
#include "tests/faxmail/hostile.hpp"

namespace faxmail::test::hostile {
namespace {

using Server = std::function<void(PeerScript&)>;

class HostileTls : public testing::Test {
 protected:
  /// Like play(), with an account that wants encryption and a server that offers it.
  void run(
      const Verdict& verdict, const Server& server, Identity identity,
      const std::function<void(Account&)>& change = [](Account&) {}) {
    Case one{"", {}, verdict};
    one.server = [&](PeerScript& script) {
      script.starttls = true;
      script.capabilities_in_tls = {"PIPELINING", "SIZE 1000000"};
      server(script);
    };
    one.account = [&](Account& account) {
      world_.encrypt(account);
      change(account);
    };
    world_.product().execute("FAXKA", "DELETE FROM FAXKA");
    play(one, std::move(identity), &world_);
  }
  Identity good() { return world_.authority().issue("IP:127.0.0.1,DNS:mail.example.com"); }

  World world_;
};

const Server usual = [](PeerScript&) {};

std::function<void(Account&)> named(std::string name) {
  return [name = std::move(name)](Account& account) { account.tls.name = name; };
}

TEST_F(HostileTls, Case19_STARTTLS_not_offered) {
  run(
      later("DFI7306", "Nothing was sent"), [](PeerScript& script) { script.starttls = false; }, good());
}

TEST_F(HostileTls, Case20_not_now_to_STARTTLS) {
  run(
      later("DFI7305", "(STARTTLS): 454"),
      [](PeerScript& script) { script.acts["STARTTLS"] = say("454 4.7.0 TLS not available\r\n"); }, good());
}

TEST_F(HostileTls, Case21_plain_reply_behind_the_220) {
  run(
      later("DFI7307"), [](PeerScript& script) { script.behind_starttls = "250 2.0.0 injected\r\n"; }, good());
}

TEST_F(HostileTls, Case22_TLS_1_1_only) {
  run(
      later("DFI7309", "Nothing was sent"), [](PeerScript& script) { script.tls_version = TLS1_1_VERSION; }, good());
}

TEST_F(HostileTls, Case23_expired) {
  run(later("DFI7308", "certificate has expired"), usual, world_.authority().issue("IP:127.0.0.1", {-7200, -3600}));
}

TEST_F(HostileTls, Case24_not_yet_valid) {
  run(later("DFI7308", "not yet valid"), usual, world_.authority().issue("IP:127.0.0.1", {3600, 7200}));
}

TEST_F(HostileTls, Case25_wrong_host) {
  run(later("DFI7308", "hostname mismatch"), usual, good(), named("other.example.com"));
}

TEST_F(HostileTls, Case26_self_signed) {
  run(later("DFI7308", "self-signed certificate"), usual, self_signed("IP:127.0.0.1"));
}

TEST_F(HostileTls, Case27_missing_intermediate) {
  const auto below = world_.authority().intermediate("Intermediate CA");
  run(later("DFI7308", "unable to get local issuer certificate"), usual, below.issue("IP:127.0.0.1"));
  auto complete = below.issue("IP:127.0.0.1");
  complete.intermediate = below.certificate();
  run(sent(), usual, std::move(complete));
}

TEST_F(HostileTls, Case28_address_instead_of_a_name) {
  run(later("DFI7308", "IP address mismatch"), usual, world_.authority().issue("DNS:127.0.0.1,IP:192.0.2.1"));
  run(sent(), usual, good());
}

TEST_F(HostileTls, Case28_wildcard) {
  const char* names = "DNS:*.example.com,DNS:mx*.example.net";
  run(sent(), usual, world_.authority().issue(names), named("mail.example.com"));
  for (const char* name : {"a.b.example.com", "example.com", "mx1.example.net"})
    run(later("DFI7308", "hostname mismatch"), usual, world_.authority().issue(names), named(name));
}

TEST_F(HostileTls, Case28_international_name) {
  const char* names = "DNS:xn--bcher-kva.example.com";
  run(sent(), usual, world_.authority().issue(names), named("xn--bcher-kva.example.com"));
  run(sent(), usual, world_.authority().issue(names), named("bücher.example.com"));
  run(later("DFI7308", "hostname mismatch"), usual, world_.authority().issue(names), named("buecher.example.com"));
}

TEST_F(HostileTls, Case29_handshake_stalls) {
  run(
      later("DFI7302", "(TLS)"), [](PeerScript& script) { script.acts["STARTTLS"] = stall("220 go ahead\r\n"); },
      good(), briefly(&Timeouts::tls));
}

TEST_F(HostileTls, Case30_closed_without_close_notify) {
  run(
      later("DFI7303", "unexpected eof"), [](PeerScript& script) { script.acts["MAIL"] = say_and_close("250 o"); },
      good());
}

TEST_F(HostileTls, Case30_closed_without_close_notify_within_the_last_reply) {
  run(
      uncertain("DFI7303", "unexpected eof"),
      [](PeerScript& script) { script.acts["DOT"] = say_and_close("250 2.0.0 que"); }, good());
}

TEST_F(HostileTls, Case30_closed_without_close_notify_behind_the_last_reply) {
  run(
      sent(), [](PeerScript& script) { script.acts["DOT"] = say_and_close("250 2.0.0 queued\r\n"); }, good());
}

TEST_F(HostileTls, Case31_new_keys_during_the_body) {
  run(
      sent(),
      [](PeerScript& script) {
        script.tls_version = TLS1_3_VERSION;
        script.acts["BODY"] = [](Wire& wire) { return wire.update_keys() ? Then::go_on : Then::close; };
        script.acts["DOT"] = [](Wire& wire) { return wire.update_keys() ? Then::answer : Then::close; };
      },
      good());
}

/// We decline it; the server lives with that.
TEST_F(HostileTls, Case31_renegotiation_during_the_body) {
  run(
      sent(),
      [](PeerScript& script) {
        script.tls_version = TLS1_2_VERSION;
        script.acts["BODY"] = [](Wire& wire) { return wire.ask_for_renegotiation() ? Then::go_on : Then::close; };
      },
      good());
}

TEST_F(HostileTls, Case32_only_what_is_offered_inside_TLS_counts) {
  run(
      sent(),
      [](PeerScript& script) {
        script.capabilities = {"SIZE 1", "AUTH PLAIN"};
      },
      good());
  run(
      failed(552, "5.3.4"),
      [](PeerScript& script) {
        script.capabilities = {"SIZE 1000000"};
        script.capabilities_in_tls = {"SIZE 1"};
      },
      good());
}

TEST_F(HostileTls, Case33_STARTTLS_offered_inside_TLS) {
  run(
      sent(), [](PeerScript& script) { script.capabilities_in_tls.emplace_back("STARTTLS"); }, good());
}

TEST_F(HostileTls, Case33_plain_server_on_a_port_for_TLS) {
  run(later("DFI7315"), usual, good(), [](Account& account) { account.encryption = Account::Encryption::implicit; });
}

}  // namespace
}  // namespace faxmail::test::hostile
