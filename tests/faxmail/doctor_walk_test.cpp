// SPDX-License-Identifier: Apache-2.0
// faxmail doctor against servers that ail in every way: each step has its line, and the end is what a person must do.
#include <sys/socket.h>

#include <fstream>

#include "tests/faxmail/operated.hpp"
#include "tests/faxmail/token_endpoint.hpp"

namespace faxmail::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class DoctorWalk : public Operated {
 protected:
  /// What a person reads at the end, in the language of the first word.
  void expect_trouble(int exit, const std::string& rule, const std::string& english, const std::string& german) {
    const auto said = faxmail({"doctor", "--as", "fax@example.com"});
    EXPECT_EQ(said.status, exit) << said.output;
    EXPECT_THAT(said.output, HasSubstr("FAIL"));
    EXPECT_THAT(said.output, HasSubstr(english));
    const auto gesagt = faxmail({"doctor", "--as", "fax@example.com"}, "de");
    EXPECT_EQ(gesagt.status, exit);
    EXPECT_THAT(gesagt.output, HasSubstr(german));
    const auto document = json({"doctor", "--as", "fax@example.com"});
    EXPECT_EQ(document["exit"], exit);
    EXPECT_EQ(document.value("/advice/rule"_json_pointer, ""), rule) << document.dump(2);
  }
  static PeerScript every_time(const std::string& verb, const std::string& reply) {
    PeerScript script;
    script.answers[verb] = std::deque<std::string>(20, reply);
    return script;
  }
  void configure(const SmtpPeer& peer, const std::string& lines) { product_.configure_peer(peer.port(), lines); }
  std::string login(const std::string& auth = "*PLAIN") const {
    return "auth = \"" + auth + "\"\nuser = \"fax@example.com\"\npassword_file = \"password\"\n";
  }
};

const std::string open_line = "ssl = \"*NO\"\nauth = \"*NONE\"\n";

TEST_F(DoctorWalk, TellsEachStepAndSendsNothing) {
  PeerScript script;
  script.starttls = true;
  script.user = "fax@example.com";
  script.password = "pA55-w0rd";
  script.capabilities_in_tls = {"PIPELINING", "AUTH PLAIN LOGIN"};
  SmtpPeer peer(script, identity());
  product_.write_password("pA55-w0rd");
  configure(peer, trusted() + login());
  const auto document = json({"doctor", "--as", "fax@example.com", "--to", "b@example.com"});
  EXPECT_EQ(document["exit"], 0) << document.dump(2);
  EXPECT_EQ(document["ok"], true);
  EXPECT_FALSE(document.contains("advice"));
  std::vector<std::string> names;
  for (const auto& step : document["steps"]) {
    names.push_back(step["step"]);
    EXPECT_TRUE(step["ok"].get<bool>());
    EXPECT_TRUE(step["ms"].is_number_integer());
  }
  EXPECT_THAT(names, testing::ElementsAre("resolve", "connect", "greeting", "EHLO", "TLS", "EHLO", "AUTH", "MAIL FROM",
                                          "RCPT TO", "RSET"));
  EXPECT_EQ(peer.count("RCPT TO:<b@example.com>"), 1u);
  EXPECT_EQ(peer.count("DATA"), 0u);
  const auto said = faxmail({"doctor", "--as", "fax@example.com"});
  for (const auto& name : names) EXPECT_THAT(said.output, HasSubstr("ok     " + name));
  EXPECT_THAT(said.output, HasSubstr("a mail of fax@example.com would be taken"));
  EXPECT_EQ(peer.count("RCPT TO:<fax@example.com>"), 1u) << "without --to the sender itself";
  expect_no_secret(said.output + document.dump(), {"pA55-w0rd"});
}

TEST_F(DoctorWalk, SendsOneMailToTheSenderIfItIsToldTo) {
  SmtpPeer peer;
  configure(peer, open_line + "default_sender = \"fax@example.com\"\n");
  EXPECT_EQ(faxmail({"doctor"}).status, 0);
  EXPECT_TRUE(peer.mails().empty());
  const auto said = faxmail({"doctor", "--send-to-self"});
  EXPECT_EQ(said.status, 0) << said.output;
  EXPECT_THAT(said.output, HasSubstr("ok     final dot"));
  ASSERT_EQ(peer.mails().size(), 1u);
  EXPECT_THAT(peer.mails()[0].to, testing::ElementsAre("fax@example.com"));
}

TEST_F(DoctorWalk, WithoutAnySenderTriesTheWayOnly) {
  SmtpPeer peer;
  configure(peer, open_line);
  const auto said = faxmail({"doctor"});
  EXPECT_EQ(said.status, 0);
  EXPECT_THAT(said.output, HasSubstr("doctor --as ADDRESS"));
  EXPECT_EQ(peer.count("MAIL"), 0u);
  EXPECT_EQ(faxmail({"doctor", "--send-to-self"}).status, 64);
  EXPECT_EQ(faxmail({"doctor", "--account", "nobody"}).status, 64);
  EXPECT_EQ(faxmail({"doctor", "--as", "no address"}).status, 65);
}

TEST_F(DoctorWalk, ExplainsThatTheServerTakesUsForAnonymous) {
  SmtpPeer peer(every_time("MAIL", "504 5.7.4 - not allowed to send as anonymous"));
  configure(peer, open_line);
  const auto said = faxmail({"doctor", "--as", "fax@example.com"});
  EXPECT_EQ(said.status, 77) << said.output;
  EXPECT_THAT(said.output, HasSubstr("FAIL   MAIL FROM  504 5.7.4 - not allowed to send as anonymous"));
  EXPECT_THAT(said.output, HasSubstr("faxmail config set"));
  expect_trouble(77, "anonymous", "treats us as not logged in", "nicht angemeldet");
}

TEST_F(DoctorWalk, ExplainsARefusedGreeting) {
  SmtpPeer peer(every_time("GREETING", "554 5.7.1 client host blocked"));
  configure(peer, open_line);
  expect_trouble(75, "greeting-refused", "client host blocked", "client host blocked");
}

TEST_F(DoctorWalk, ExplainsAPortWhereNobodyListens) {
  int port = 0;
  { port = SmtpPeer().port(); }
  product_.configure_peer(port, open_line);
  expect_trouble(75, "connection-refused", "nothing listens on port", "niemand");
}

TEST_F(DoctorWalk, ExplainsAnUnknownName) {
  product_.configure("server = \"mail.example.invalid\"\nport = \"25\"\n" + open_line);
  expect_trouble(75, "name-unknown", "getent hosts mail.example.invalid", "kennt den Namen mail.example.invalid nicht");
}

TEST_F(DoctorWalk, NamesTheTlsPortThatIsUsedWithoutTls) {
  PeerScript script;
  script.implicit_tls = true;
  SmtpPeer peer(script, identity());
  configure(peer, trusted() + "auth = \"*NONE\"\n");
  expect_trouble(78, "port-implicit", "waits for TLS from the first byte", "TLS ab dem ersten Byte");
}

TEST_F(DoctorWalk, NamesThePlainPortThatIsUsedWithTls) {
  SmtpPeer peer;
  configure(peer, trusted() + "auth = \"*NONE\"\ntls_mode = \"*IMPLICIT\"\n");
  expect_trouble(78, "port-plain", "begins unencrypted", "unverschlüsselt");
}

TEST_F(DoctorWalk, ExplainsAServerWithoutTls) {
  SmtpPeer peer;
  configure(peer, trusted() + "auth = \"*NONE\"\n");
  expect_trouble(78, "starttls-missing", "STARTTLS", "STARTTLS");
}

TEST_F(DoctorWalk, ExplainsACertificateOfAnotherAuthority) {
  PeerScript script;
  script.starttls = true;
  const Authority other("Another CA");
  SmtpPeer peer(script, other.issue("IP:127.0.0.1"));
  configure(peer, trusted() + "auth = \"*NONE\"\n");
  const auto document = json({"doctor"});
  EXPECT_EQ(document["exit"], 78) << document.dump(2);
  EXPECT_EQ(document["steps"].back()["step"], "TLS");
  EXPECT_EQ(document["steps"].back()["ok"], false);
  EXPECT_THAT(document.value("/advice/text"_json_pointer, ""), HasSubstr("Another CA"));
}

TEST_F(DoctorWalk, NamesAServerWhoseTlsIsTooOld) {
  PeerScript script;
  script.starttls = true;
  script.tls_version = TLS1_1_VERSION;
  SmtpPeer peer(script, identity());
  configure(peer, trusted() + "auth = \"*NONE\"\n");
  expect_trouble(78, "tls-version", "1.2", "1.2");
}

TEST_F(DoctorWalk, NamesAStoreOfCertificatesThatIsMissingOrEmpty) {
  PeerScript script;
  script.starttls = true;
  SmtpPeer peer(script, identity());
  configure(peer, "auth = \"*NONE\"\ntls_ca_file = \"nowhere.pem\"\n");
  EXPECT_THAT(faxmail({"doctor"}).output, HasSubstr("nowhere.pem"));
  std::ofstream(product_.layout().config_directory() / "nowhere.pem") << "";
  const auto empty = faxmail({"doctor"});
  EXPECT_NE(empty.status, 0);
  EXPECT_THAT(empty.output, HasSubstr("nowhere.pem"));
}

TEST_F(DoctorWalk, ExplainsARefusedPassword) {
  PeerScript script;
  script.starttls = true;
  script.user = "fax@example.com";
  script.password = "right";
  script.capabilities_in_tls = {"AUTH PLAIN"};
  SmtpPeer peer(script, identity());
  product_.write_password("pA55-w0rd");
  configure(peer, trusted() + login());
  const auto said = faxmail({"doctor"});
  EXPECT_EQ(said.status, 77) << said.output;
  EXPECT_THAT(said.output, HasSubstr("FAIL   AUTH"));
  expect_no_secret(said.output, {"pA55-w0rd"});
  fs::remove(product_.layout().config_directory() / "password");
  const auto without = faxmail({"doctor"});
  EXPECT_EQ(without.status, 78) << without.output;
  EXPECT_THAT(without.output, HasSubstr("FAIL   AUTH"));
}

TEST_F(DoctorWalk, ExplainsALoginThatIsNotOffered) {
  PeerScript script;
  script.starttls = true;
  script.capabilities_in_tls = {"AUTH NTLM GSSAPI"};
  SmtpPeer peer(script, identity());
  product_.write_password("pA55-w0rd");
  configure(peer, trusted() + login());
  const auto document = json({"doctor"});
  EXPECT_EQ(document["exit"], 77) << document.dump(2);
  EXPECT_THAT(document.value("/advice/text"_json_pointer, ""), HasSubstr("only Windows logins (NTLM, GSSAPI)"));
}

TEST_F(DoctorWalk, ExplainsARefusedSenderAndRecipient) {
  SmtpPeer sender(every_time("MAIL", "550 5.7.60 SMTP; Client does not have permissions to send as this sender"));
  configure(sender, open_line);
  expect_trouble(77, "send-as", "fax@example.com", "fax@example.com");
  SmtpPeer later(every_time("RCPT", "451 4.7.1 Greylisted, try again later"));
  configure(later, open_line);
  expect_trouble(75, "greylisted", "451 4.7.1", "451 4.7.1");
}

TEST_F(DoctorWalk, ExplainsARefusalThatComesOnlyAfterTheBody) {
  SmtpPeer peer(
      every_time("DOT", "554 5.2.252 SendAsDenied; other@example.com not allowed to send as fax@example.com"));
  configure(peer, open_line);
  EXPECT_EQ(faxmail({"doctor", "--as", "fax@example.com"}).status, 0);
  const auto said = faxmail({"doctor", "--as", "fax@example.com", "--send-to-self"});
  EXPECT_EQ(said.status, 77) << said.output;
  EXPECT_THAT(said.output, HasSubstr("FAIL   final dot  554"));
  EXPECT_THAT(said.output, HasSubstr("fax@example.com"));
}

/// A header, claims and a signature, as Entra makes them.
const std::string token =
    "eyJhbGciOiJub25lIn0."
    "eyJhdWQiOiJodHRwczovL291dGxvb2sub2ZmaWNlMzY1LmNvbSIsInJvbGVzIjpbIlNNVFAuU2VuZEFzQXBwIl0sInRpZCI6InRlbmFudC0xIiwi"
    "YXBwaWQiOiJhcHAtMSIsImV4cCI6MTc5ODc2MTYwMH0.c2lnbmF0dXJl";

TEST_F(DoctorWalk, ShowsWhatATokenClaimsButNeverTheToken) {
  TokenEndpoint endpoint(identity(),
                         std::deque<EndpointAnswer>(
                             4, {200, R"({"token_type":"Bearer","expires_in":3599,"access_token":")" + token + "\"}"}));
  PeerScript script = every_time("AUTH", "535 5.7.3 Authentication unsuccessful");
  script.starttls = true;
  script.capabilities_in_tls = {"AUTH LOGIN XOAUTH2"};
  SmtpPeer peer(script, identity());
  const auto secret = product_.layout().config_directory() / "client_secret";
  std::ofstream(secret) << "cl13nt~s3cret\n";
  fs::permissions(secret, fs::perms::owner_read | fs::perms::owner_write);
  configure(peer, trusted() +
                      "auth = \"*XOAUTH2\"\nuser = \"fax@example.com\"\noauth_provider = \"custom\"\noauth_client_id = "
                      "\"app-1\"\noauth_client_secret_file = \"client_secret\"\noauth_token_url = \"" +
                      endpoint.url() + "\"\noauth_ca_file = \"" + (root() / "ca.pem").string() + "\"\n");
  const auto said = faxmail({"doctor"});
  EXPECT_EQ(said.status, 77) << said.output;
  EXPECT_THAT(said.output, HasSubstr("roles=SMTP.SendAsApp tid=tenant-1 appid=app-1"));
  EXPECT_THAT(said.output, HasSubstr("FAIL   AUTH"));
  expect_no_secret(said.output + json({"doctor"}).dump(), {token, "cl13nt~s3cret"});
}

TEST_F(DoctorWalk, NamesWhatIsNotConfiguredYet) {
  product_.configure("");
  const auto said = faxmail({"doctor"});
  EXPECT_EQ(said.status, 78);
  EXPECT_THAT(said.output, HasSubstr("server"));
}

}  // namespace
}  // namespace faxmail::test
