// SPDX-License-Identifier: Apache-2.0
// Accepting mails: group commit of many producers, large bodies in files.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <utime.h>

#include <atomic>
#include <fstream>
#include <set>
#include <thread>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "payloads/faxmail/queue/acceptor.hpp"
#include "payloads/faxmail/queue/ledger.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

Submission submission(const std::string& number, std::size_t size = 100) {
  return {
      "", "tester", "fax@example.com", "x", "<" + number + "@example.com>", std::string(size, 'x'), {"a@example.com"}};
}

std::atomic<int> commits{0};
void count_commits(std::string_view operation, const fs::path& path) {
  if (operation == "commit" && path.filename() == "FAXKA") ++commits;
}

class AcceptorTest : public testing::Test {
 protected:
  AcceptorTest() {
    commits = 0;
    dfi::durable::hook = count_commits;
  }
  ~AcceptorTest() override { dfi::durable::hook = nullptr; }

  Product product_;
};

TEST_F(AcceptorTest, EightProducersShareTheFlushes) {
  constexpr int producers = 8, each = 25;
  std::atomic<int> refused{0};
  std::set<std::int64_t> ids;
  std::mutex mutex;
  {
    Acceptor acceptor(product_.layout(), product_.capability());
    std::vector<std::thread> threads;
    for (int producer = 0; producer < producers; ++producer)
      threads.emplace_back([&, producer] {
        for (int i = 0; i < each; ++i) {
          const auto accepted = acceptor.submit(submission(std::to_string(producer) + "." + std::to_string(i)));
          const std::lock_guard lock(mutex);
          ids.insert(accepted.id);
        }
      });
    for (auto& thread : threads) thread.join();
  }
  EXPECT_EQ(ids.size(), std::size_t{producers * each});
  EXPECT_EQ(product_.queue().list("queued").size(), std::size_t{producers * each});
  EXPECT_LE(commits, producers * each) << "never more than one for each mail";
}

TEST_F(AcceptorTest, OneBadMailTakesNoOtherWithIt) {
  std::atomic<int> refused{0}, accepted{0};
  {
    Acceptor acceptor(product_.layout(), product_.capability());
    std::vector<std::thread> threads;
    for (int producer = 0; producer < 8; ++producer)
      threads.emplace_back([&, producer] {
        for (int i = 0; i < 10; ++i) {
          // Every producer sends one mail with a Message-ID that all use.
          const auto number = i == 5 ? std::string("same") : std::to_string(producer) + "." + std::to_string(i);
          const auto result = error_of([&] { acceptor.submit(submission(number)); });
          ++(result == "nothing" ? accepted : refused);
          EXPECT_THAT(result, testing::AnyOf("nothing", "mail_message_id_used"));
        }
      });
    for (auto& thread : threads) thread.join();
  }
  EXPECT_EQ(accepted, 73);
  EXPECT_EQ(refused, 7);
  EXPECT_EQ(product_.queue().list().size(), 73u);
}

TEST_F(AcceptorTest, TheSameKeyIsTheSameMailAlsoWithinAGroup) {
  Acceptor acceptor(product_.layout(), product_.capability());
  std::mutex mutex;
  std::set<std::int64_t> ids;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      auto mail = submission(std::to_string(i));
      mail.key = "key";
      const auto accepted = acceptor.submit(mail);
      const std::lock_guard lock(mutex);
      ids.insert(accepted.id);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(product_.queue().list().size(), 1u);
}

TEST_F(AcceptorTest, LargeBodiesLieInFiles) {
  const auto directory = product_.layout().data() / "FAXKA.mails";
  Acceptor acceptor(product_.layout(), product_.capability());
  acceptor.submit(submission("inline", largest_inline_body));
  EXPECT_FALSE(fs::exists(directory));
  const auto large = acceptor.submit(submission("file", largest_inline_body + 1));
  ASSERT_TRUE(fs::exists(directory));
  EXPECT_EQ(product_.queue().message_of(large.id), std::string(largest_inline_body + 1, 'x'));
  EXPECT_TRUE(product_.queue().remove(large.id));
  EXPECT_TRUE(fs::is_empty(directory));
}

/// Two hours ago: beyond doubt no submission that is just going on.
void make_old(const fs::path& file) {
  const std::time_t then = std::time(nullptr) - 7200;
  const utimbuf times{then, then};
  ASSERT_EQ(::utime(file.c_str(), &times), 0);
}

TEST(Bodies, SweepsOldFilesWithoutARowAndNothingElse) {
  const Product product;
  const auto large = product.submit({"a@example.com"}, std::string(300'000, 'x'));
  const Bodies bodies(product.layout());
  const auto orphan = bodies.store("orphan"), young = bodies.store("young");
  const auto directory = product.layout().data() / "FAXKA.mails";
  fs::create_directory(directory / "a directory");
  for (const auto& entry : fs::directory_iterator(directory))
    if (entry.path().filename() != young) make_old(entry.path());
  Ledger ledger(product.layout(), product.capability());
  EXPECT_EQ(ledger.sweep_bodies(), 1);
  EXPECT_FALSE(fs::exists(bodies.path_of(orphan)));
  EXPECT_TRUE(fs::exists(bodies.path_of(young)));
  EXPECT_FALSE(product.queue().message_of(large).empty());
  EXPECT_EQ(ledger.sweep_bodies(), 0);
}

TEST(Bodies, AreAsPrivateAsTheQueue) {
  const Product product;
  const Bodies bodies(product.layout());
  const auto name = bodies.store("secret");
  struct stat status {};
  ASSERT_EQ(::stat(bodies.path_of(name).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
  EXPECT_EQ(dfi::read_file(bodies.path_of(name)), "secret");
}

}  // namespace
}  // namespace faxmail::test
