// SPDX-License-Identifier: Apache-2.0
// Traces: what stands in them, what never does, and how many there are.
#include "payloads/faxmail/engine/tracer.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <ctime>
#include <fstream>

#include "base/file.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/product/data_file.hpp"
#include "tests/faxmail/hostile.hpp"

namespace faxmail::test::hostile {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<fs::path> files_in(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(directory, none)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

class TracerTest : public testing::Test {
 protected:
  /// Runs the engine with the trace on until one mail has been sent or refused; the trace.
  std::string trace_of(const SmtpPeer& peer, const std::function<void(Account&)>& change) {
    auto area = std::string(area_length, ' ');
    area[221] = 'M';
    std::ofstream(world_.product().layout().data_file("FAXDTAARA")) << area;
    auto account = world_.account(peer);
    world_.encrypt(account);
    change(account);
    // The engine looks at the flag with its first round, and leases in the same.
    world_.attempt(account, world_.submit());
    const auto files = files_in(world_.settings.trace.directory);
    return files.size() == 1 ? dfi::read_file(files.front()) : std::to_string(files.size()) + " files";
  }

  World world_;
};

/// Every form in which a secret could be found by whoever reads a trace.
void expect_hidden(const std::string& trace, const std::string& secret, const std::string& response) {
  EXPECT_THAT(trace, Not(HasSubstr(secret)));
  EXPECT_THAT(trace, Not(HasSubstr(base64(secret))));
  EXPECT_THAT(trace, Not(HasSubstr(base64(response))));
  EXPECT_THAT(trace, HasSubstr("***"));
}

TEST_F(TracerTest, ShowsTheWholeDialogueAndNoPassword) {
  PeerScript script;
  script.starttls = true;
  script.capabilities_in_tls = {"AUTH PLAIN", "PIPELINING"};
  // A server that repeats what it was told.
  const std::string response("\0scott\0s3cret-word", 18);
  script.acts["AUTH"] =
      say("235 2.7.0 hello scott, s3cret-word, " + base64("s3cret-word") + ", " + base64(response) + "\r\n");
  SmtpPeer peer(script, world_.authority().issue("IP:127.0.0.1"));
  const auto trace = trace_of(peer, [](Account& account) {
    account.auth = "*PLAIN";
    account.user = "scott";
    account.password = [] { return Secret("s3cret-word"); };
  });
  for (const char* part :
       {"Message-ID <1@example.com>", "S: 220 peer.example.com", "C: EHLO ", "C: STARTTLS", "TLSv1.3",
        "C: AUTH PLAIN ***", "C: MAIL FROM:<fax@example.com>", "C: RCPT TO:<a@example.com>", "C: DATA", "C: .",
        "S: 250 2.0.0 queued", "result     a@example.com SENT 250"})
    EXPECT_THAT(trace, HasSubstr(part));
  expect_hidden(trace, "s3cret-word", response);
}

TEST_F(TracerTest, ShowsNoTokenAlsoWhenTheLoginFails) {
  PeerScript script;
  script.starttls = true;
  script.capabilities_in_tls = {"AUTH XOAUTH2"};
  script.acts["AUTH"] = say("535 5.7.3 token-4711 is not good enough\r\n");
  SmtpPeer peer(script, world_.authority().issue("IP:127.0.0.1"));
  const auto trace = trace_of(peer, [](Account& account) {
    account.auth = "*XOAUTH2";
    account.user = "fax@example.com";
    account.token = [] { return Secret("token-4711"); };
  });
  EXPECT_THAT(trace, HasSubstr("error      DFI7311"));
  expect_hidden(trace, "token-4711", "user=fax@example.com\1auth=Bearer token-4711\1\1");
}

QueuedMail queued(std::int64_t id, const std::string& from = "fax@example.com") {
  QueuedMail mail;
  mail.id = id;
  mail.outgoing.envelope = {from, {"a@example.com"}};
  return mail;
}

class TracerLimits : public testing::Test {
 protected:
  TracerLimits() { limits_.directory = product_.layout().data() / "trace"; }

  /// True if the mail was traced.
  bool trace(Tracer& tracer, const QueuedMail& mail, std::size_t bytes = 10) {
    auto transcript = tracer.begin(mail);
    if (!transcript) return false;
    for (std::size_t i = 0; i < bytes; i += 10) transcript->sent("NOOP 12345");
    tracer.end(mail, std::move(transcript), dfi::Error(dfi::msg::mail_stopping), {});
    return true;
  }

  Product product_;
  TraceLimits limits_;
};

TEST_F(TracerLimits, OffMeansOff) {
  Tracer tracer(limits_, "6.06");
  EXPECT_FALSE(trace(tracer, queued(1)));
  EXPECT_TRUE(files_in(limits_.directory).empty());
}

TEST_F(TracerLimits, EndsAfterSoManyMails) {
  Tracer tracer(limits_, "6.06");
  TraceWish wish;
  wish.mails = 3;
  tracer.set(true, wish);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_FALSE(tracer.exhausted(0));
    EXPECT_TRUE(trace(tracer, queued(i)));
  }
  EXPECT_FALSE(trace(tracer, queued(4)));
  EXPECT_TRUE(tracer.exhausted(0));
  EXPECT_FALSE(tracer.exhausted(0)) << "told once";
  EXPECT_EQ(files_in(limits_.directory).size(), 3u);
}

TEST_F(TracerLimits, EndsAtItsTimeAndKeepsToASender) {
  Tracer tracer(limits_, "6.06");
  TraceWish wish;
  wish.from = "fax@example.com";
  tracer.set(true, wish);
  EXPECT_TRUE(trace(tracer, queued(1)));
  EXPECT_FALSE(trace(tracer, queued(2, "other@example.com")));
  wish.until = std::time(nullptr) - 1;
  tracer.set(true, wish);
  EXPECT_FALSE(trace(tracer, queued(3)));
  EXPECT_TRUE(tracer.exhausted(std::time(nullptr)));
}

TEST_F(TracerLimits, KeepsTheNewestFilesAndTheirSize) {
  limits_.files = 3;
  limits_.file_bytes = 2000;
  Tracer tracer(limits_, "6.06");
  tracer.set(true, {});
  for (int i = 1; i <= 6; ++i) trace(tracer, queued(i), 50'000);
  const auto files = files_in(limits_.directory);
  ASSERT_EQ(files.size(), 3u);
  EXPECT_THAT(files.back().string(), HasSubstr("-6-1.txt"));
  EXPECT_LT(fs::file_size(files.back()), 4000u);
  EXPECT_THAT(dfi::read_file(files.back()), HasSubstr("cut: the trace has reached its size limit"));
}

TEST_F(TracerLimits, FilesAreNobodyElses) {
  Tracer tracer(limits_, "6.06");
  tracer.set(true, {});
  trace(tracer, queued(1));
  struct stat status {};
  ASSERT_EQ(::stat(limits_.directory.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  ASSERT_EQ(::stat(files_in(limits_.directory).front().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(TraceWish, SurvivesItsText) {
  TraceWish wish;
  wish.mails = 3;
  wish.until = 4711;
  wish.from = "a\"b@example.com";
  const auto read = TraceWish::from_text(wish.to_text());
  EXPECT_EQ(read.mails, 3);
  EXPECT_EQ(read.until, 4711);
  EXPECT_EQ(read.from, wish.from);
  EXPECT_EQ(TraceWish::from_text("").mails, 0);
}

}  // namespace
}  // namespace faxmail::test::hostile
