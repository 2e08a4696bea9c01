// SPDX-License-Identifier: Apache-2.0
// Traces of a running engine (features 35 and 38 to 43).
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "base/file.hpp"
#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/product/data_file.hpp"
#include "tests/faxmail/operated.hpp"

namespace faxmail::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string password = "pA55-w0rd+geheim";

class TraceTest : public Operated {
 protected:
  void configure(const SmtpPeer& peer) {
    product_.configure_peer(peer.port(), "ssl = \"*NO\"\nauth = \"*NONE\"\nmax_connections = 1\nretry = \"1\"\n");
  }
  std::int64_t deliver(const std::string& to = "a@example.com") {
    const auto id = product_.submit({to});
    EXPECT_TRUE(gets(id, "sent")) << log();
    return id;
  }
  fs::path directory() const { return product_.layout().data() / "trace"; }
  std::vector<std::string> traces() const {
    std::vector<std::string> texts;
    if (!fs::exists(directory())) return texts;
    for (const auto& entry : dfi::walk(directory())) texts.push_back(dfi::read_file(directory() / entry.path));
    return texts;
  }
  /// As a program does that knows nothing of us: one byte of the file.
  void poke(char flag) const {
    std::fstream area(product_.layout().data_file("FAXDTAARA"), std::ios::in | std::ios::out | std::ios::binary);
    area.seekp(221);
    area.put(flag);
  }
  char flag() const { return trace_flag(product_.layout(), product_.capability()); }
};

TEST_F(TraceTest, FollowsTheFlagFromMailToMailWithoutARestart) {
  SmtpPeer peer;
  configure(peer);
  start_engine();
  const auto first = deliver();
  EXPECT_TRUE(traces().empty());
  poke('M');
  const auto second = deliver();
  ASSERT_EQ(traces().size(), 1u) << log();
  EXPECT_THAT(traces()[0], HasSubstr("mail       " + std::to_string(second) + " attempt 1"));
  EXPECT_THAT(traces()[0], Not(HasSubstr("mail       " + std::to_string(first) + " ")));
  for (const char* line : {"C: MAIL FROM:<fax@example.com>", "S: 250 2.0.0 ok", "C: RCPT TO:<a@example.com>", "C: DATA",
                           "result     a@example.com SENT 250"})
    EXPECT_THAT(traces()[0], HasSubstr(line));
  poke(' ');
  deliver();
  EXPECT_EQ(traces().size(), 1u);
}

TEST_F(TraceTest, HasAFileForEachAttemptAndTheReplyWordByWord) {
  PeerScript script;
  script.answers["RCPT TO:<b@example.com>"] = {
      "451-4.7.1 first line\r\n451-4.7.1  second: \"as is\"\r\n451 4.7.1 last."};
  script.answers["RCPT TO:<c@example.com>"] = {"550-5.1.1 one\r\n550-5.1.1 two,  two blanks\r\n550 5.1.1 three"};
  SmtpPeer peer(script);
  configure(peer);
  start_engine();
  faxmail({"trace", "on"});
  deliver();
  const auto retried = product_.submit({"b@example.com"});
  ASSERT_TRUE(wait_for([&] { return product_.queue().find(retried)->tries == 1; }));
  const auto failed = product_.submit({"c@example.com"});
  ASSERT_TRUE(gets(failed, "failed"));
  EXPECT_EQ(traces().size(), 3u);
  faxmail({"queue", "flush"});
  ASSERT_TRUE(gets(retried, "sent"));
  const auto all = traces();
  ASSERT_EQ(all.size(), 4u);
  const auto holds = [&](const std::string& text) {
    return std::count_if(all.begin(), all.end(),
                         [&](const auto& trace) { return trace.find(text) != std::string::npos; });
  };
  EXPECT_EQ(holds("mail       " + std::to_string(retried) + " attempt 1"), 1);
  EXPECT_EQ(holds("mail       " + std::to_string(retried) + " attempt 2"), 1);
  for (const char* line : {"S: 451-4.7.1 first line\n", "S: 451-4.7.1  second: \"as is\"\n", "S: 451 4.7.1 last.\n",
                           "S: 550-5.1.1 one\n", "S: 550-5.1.1 two,  two blanks\n", "S: 550 5.1.1 three\n"})
    EXPECT_EQ(holds(line), 1) << line;
  // In FAXSTAT, too, nothing of a reply is lost.
  const auto row = product_.results().of(failed).at(0);
  for (const char* words : {"5.1.1 one", "two,  two blanks", "three"}) EXPECT_THAT(row.text, HasSubstr(words));
}

TEST_F(TraceTest, FlagIsBlankedAtTheStart) {
  SmtpPeer peer;
  configure(peer);
  EXPECT_EQ(faxmail({"trace", "on", "--from", "other@example.com"}).status, 0);
  EXPECT_EQ(flag(), 'M');
  start_engine();
  ASSERT_TRUE(engine_says("trace flag cleared"));
  EXPECT_EQ(flag(), ' ');
  deliver();
  EXPECT_TRUE(traces().empty());
  // The limits went with the flag.
  poke('M');
  deliver();
  EXPECT_EQ(traces().size(), 1u);
}

TEST_F(TraceTest, EndsAfterTheMailsItWasWishedFor) {
  SmtpPeer peer;
  configure(peer);
  start_engine();
  EXPECT_EQ(faxmail({"trace", "on", "--mails", "2"}).status, 0);
  for (int i = 0; i < 4; ++i) deliver();
  EXPECT_EQ(traces().size(), 2u);
  EXPECT_TRUE(wait_for([&] { return flag() == ' '; }));
  EXPECT_EQ(faxmail({"trace", "on", "--mails", "1"}).status, 0);
  for (int i = 0; i < 2; ++i) deliver();
  EXPECT_EQ(traces().size(), 3u) << "a new wish counts anew";
}

TEST_F(TraceTest, NeverWritesMoreThanWishedHoweverManyConnectionsWork) {
  SmtpPeer peer;
  product_.configure_peer(peer.port(), "ssl = \"*NO\"\nauth = \"*NONE\"\nmax_connections = 8\n");
  start_engine();
  faxmail({"trace", "on", "--mails", "3"});
  std::int64_t last = 0;
  for (int i = 0; i < 60; ++i) last = product_.submit({"a@example.com"});
  ASSERT_TRUE(wait_for([&] { return product_.queue().list("sent").size() == 60; })) << last << log();
  EXPECT_EQ(traces().size(), 3u);
}

TEST_F(TraceTest, EndsAfterTheTimeItWasWishedFor) {
  SmtpPeer peer;
  configure(peer);
  start_engine();
  EXPECT_EQ(faxmail({"trace", "on", "--for", "1s"}).status, 0);
  EXPECT_TRUE(wait_for([&] { return flag() == ' '; }));
  deliver();
  EXPECT_TRUE(traces().empty());
  EXPECT_EQ(faxmail({"trace", "on", "--for", "later"}).status, 64);
  EXPECT_EQ(faxmail({"trace", "on", "--mails", "0"}).status, 64);
}

TEST_F(TraceTest, IsOfTheWishedSenderOnly) {
  SmtpPeer peer;
  configure(peer);
  start_engine();
  EXPECT_EQ(faxmail({"trace", "on", "--from", "other@example.com"}).status, 0);
  deliver();
  EXPECT_TRUE(traces().empty());
  EXPECT_EQ(faxmail({"send", "--from", "other@example.com", "--to", "a@example.com", "--subject", "x"}).status, 0);
  EXPECT_TRUE(wait_for([&] { return traces().size() == 1; }));
}

TEST_F(TraceTest, IsForTheAdministratorsEyes) {
  SmtpPeer peer;
  configure(peer);
  start_engine();
  faxmail({"trace", "on"});
  deliver();
  struct stat status {};
  ::stat(directory().c_str(), &status);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
  for (const auto& entry : dfi::walk(directory())) EXPECT_EQ(entry.mode & 07777, 0600u);
}

TEST_F(TraceTest, ListsShowsAndDeletes) {
  SmtpPeer peer;
  configure(peer);
  EXPECT_EQ(json({"trace", "list"})["files"].size(), 0u);
  EXPECT_EQ(faxmail({"trace", "show"}).status, 65);
  start_engine();
  faxmail({"trace", "on"});
  deliver();
  deliver();
  const auto list = json({"trace", "list"});
  EXPECT_EQ(list["on"], true);
  ASSERT_EQ(list["files"].size(), 2u);
  const std::string newest = list["files"][0], oldest = list["files"][1];
  EXPECT_THAT(faxmail({"trace", "show"}).output, HasSubstr("mail       2 attempt 1"));
  EXPECT_THAT(faxmail({"trace", "show", oldest}).output, HasSubstr("mail       1 attempt 1"));
  EXPECT_THAT(json({"trace", "show", oldest})["text"].get<std::string>(), HasSubstr("mail       1 attempt 1"));
  EXPECT_EQ(json({"trace", "delete", newest})["deleted"], newest);
  EXPECT_EQ(faxmail({"trace", "delete", "../FAXKA"}).status, 65);
  EXPECT_EQ(json({"trace"})["files"].size(), 1u);
  EXPECT_EQ(faxmail({"trace", "off"}).status, 0);
  EXPECT_EQ(json({"trace", "list"})["on"], false);
}

/// The peer quotes every line of the login, as a server does that does not understand it.
TEST_F(TraceTest, HoldsNoSecretEvenIfTheServerRepeatsIt) {
  const std::string plain = base64(std::string("\0fax@example.com\0", 17) + password);
  PeerScript script;
  script.starttls = true;
  script.user = "fax@example.com";
  script.password = password;
  script.capabilities_in_tls = {"AUTH PLAIN LOGIN"};
  script.answers["AUTH PLAIN " + plain] = {"501 5.5.4 what is AUTH PLAIN " + plain + " with " + password};
  SmtpPeer peer(script, identity());
  product_.write_password(password);
  product_.configure_peer(peer.port(),
                          trusted() + "auth = \"*AUTO\"\nuser = \"fax@example.com\"\npassword_file = \"password\"\n");
  const auto all_of = [&] {
    std::string all = log() + faxmail({"status", "--json"}).output + faxmail({"queue", "show", "1"}).output;
    for (const auto& trace : traces()) all += trace;
    return all;
  };
  start_engine();
  faxmail({"trace", "on"});
  deliver();
  ASSERT_EQ(traces().size(), 1u);
  EXPECT_THAT(traces()[0], HasSubstr("C: AUTH PLAIN ***"));
  EXPECT_THAT(traces()[0], HasSubstr("501 5.5.4 what is AUTH PLAIN *** with ***"));
  EXPECT_THAT(traces()[0], HasSubstr("C: AUTH LOGIN"));
  expect_no_secret(all_of(), {password, std::string("\0fax@example.com\0", 17) + password});
}

}  // namespace
}  // namespace faxmail::test
