// SPDX-License-Identifier: Apache-2.0
// Behaviours 68 to 70: the engine is killed, the disk is full or broken.
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <thread>

#include "base/durable.hpp"
#include "base/process.hpp"
#include "payloads/faxmail/config/accounts.hpp"
#include "tests/faxmail/hostile.hpp"

namespace faxmail::test::hostile {
namespace {

// --- 68: killed at every durable operation -------------------------------------------------------------------------

long operations_left = 0;

void die_at_last(std::string_view, const fs::path&) {
  if (--operations_left == 0) ::_exit(86);
}

/// Run by Case68 below in a process of its own: the engine, until the queue is empty or operation DFI_DIE_AT.
TEST(HostileDiskChild, DISABLED_EngineThatDies) {
  const char* root = std::getenv("DFI_ROOT");
  ASSERT_NE(root, nullptr);
  Layout layout;
  layout.root = root;
  operations_left = std::atol(std::getenv("DFI_DIE_AT"));
  dfi::durable::hook = die_at_last;
  const auto capability = Capability::read(layout);
  const auto config = Config::read(layout, capability);
  auto accounts = accounts_of(config, capability);
  accounts.front().limits.max_connections = 1;
  Stop stop;
  const Log log(Texts::load(layout, dfi::Language::english), [](const std::string&) {});
  std::thread thread([&] {
    Queue queue(layout, capability);
    while (queue.list("sent").size() < queue.list().size()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    stop.request();
  });
  Engine engine(layout, capability, accounts, settings_of(config, layout), stop, log);
  engine.recover();
  engine.run();
  thread.join();
}

TEST(HostileDisk, Case68_killed_at_every_durable_operation) {
  constexpr int mails = 2;
  int killed = 0;
  for (long at = 1; at < 100; ++at) {
    const Product product;  // of a release that sends an undecided mail again at once
    SmtpPeer peer;
    product.configure_peer(peer.port());
    for (int i = 0; i < mails; ++i) product.submit({"a@example.com"});
    const auto result = dfi::run_program(
        {fs::read_symlink("/proc/self/exe"), "--gtest_filter=HostileDiskChild.*", "--gtest_also_run_disabled_tests"},
        {"DFI_ROOT=" + product.layout().root.string(), "DFI_DIE_AT=" + std::to_string(at)}, std::chrono::seconds(60));
    ASSERT_TRUE(result.status == 86 || result.status == 0) << result.output;
    if (result.status == 0) break;
    ++killed;
    run_engine_dry(product);
    EXPECT_EQ(product.queue().list("sent").size(), std::size_t{mails}) << "killed at operation " << at;
    std::multiset<std::string> ids;
    for (const auto& mail : peer.mails()) ids.insert(mail.data);
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), std::size_t{mails}) << "lost, " << at;
    EXPECT_LE(ids.size(), std::size_t{mails + 1}) << "more than the undecided one came twice, " << at;
  }
  EXPECT_GE(killed, 5);
}

// --- 69, 70: full disk, I/O error ----------------------------------------------------------------------------------

/// The limit lets no file grow beyond 512-byte blocks: SQLite sees a failing write, as with a broken disk.
dfi::ProgramResult send_with_limit(const Product& product, int blocks) {
  return dfi::run_program({"/bin/sh", "-c",
                           "trap '' XFSZ; ulimit -f " + std::to_string(blocks) + "; exec " FAXMAIL_PROGRAM " --root " +
                               product.layout().root.string() +
                               " --lang en send --from fax@example.com --to a@example.com --subject Fax"});
}

TEST(HostileDisk, Case70_a_mail_is_not_acknowledged_if_its_commit_fails) {
  const Product product;
  product.configure("");
  const auto result = send_with_limit(product, 1);
  EXPECT_NE(result.status, 0);
  EXPECT_NE(result.output.find("DFI"), std::string::npos) << result.output;
  EXPECT_TRUE(product.queue().list().empty());
  EXPECT_EQ(send_with_limit(product, 100'000).status, 0);
  EXPECT_EQ(product.queue().list().size(), 1u);
}

/// The whole installation on a file system of its own; unmounted at the end. Needs root.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& directory) : directory_(directory) {
    mounted_ = ::mount("tmpfs", directory.c_str(), "tmpfs", 0, "size=2m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(directory_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }
  void fill() const {
    std::ofstream out(directory_ / "filler");
    const std::string block(4096, 'x');
    while (out << block << std::flush) {
    }
  }
  void free() const { fs::remove(directory_ / "filler"); }

 private:
  fs::path directory_;
  bool mounted_ = false;
};

TEST(HostileDisk, Case69_full_disk) {
  const Product product;
  const fs::path data = product.layout().data(), kept = product.layout().root / "kept";
  SmtpPeer peer;
  product.configure_peer(peer.port());
  const auto mail = product.submit({"a@example.com"});
  fs::rename(data, kept);
  fs::create_directory(data);
  const SmallDisk disk(data);
  if (!disk.mounted()) GTEST_SKIP() << "mounting a file system needs root";
  fs::copy(kept, data, fs::copy_options::recursive);
  disk.fill();
  EXPECT_EQ(error_of([&] { product.submit({"b@example.com"}); }), "database_failed");
  std::string failure;
  std::string said;
  {
    Stop stop;
    const Log log(product.texts(), [&](const std::string& line) { said += line; });
    const auto config = product.config();
    failure = error_of([&] {
      Engine engine(product.layout(), product.capability(), accounts_of(config, product.capability()),
                    settings_of(config, product.layout()), stop, log);
      engine.recover();
      engine.run();
    });
  }
  EXPECT_EQ(failure, "database_failed") << said;
  EXPECT_TRUE(peer.mails().empty()) << "nothing leaves that could not be marked";
  disk.free();
  EXPECT_EQ(product.status(mail), "queued");
  run_engine_dry(product);
  EXPECT_EQ(product.status(mail), "sent");
  EXPECT_EQ(product.queue().list().size(), 1u);
  EXPECT_EQ(peer.mails().size(), 1u);
}

TEST(HostileDisk, Case70_an_error_at_the_mark_of_the_dot_lets_no_dot_leave) {
  World world;
  SmtpPeer peer;
  const auto mail = world.submit();
  // A trigger makes SQLite fail exactly at the transition in question.
  world.product().execute("FAXKA",
                          "CREATE TRIGGER broken BEFORE UPDATE OF KASTAT ON FAXKA WHEN NEW.KASTAT = 'dot' "
                          "BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END");
  Stop stop;
  const Log log(world.product().texts(), [](const std::string&) {});
  EXPECT_EQ(error_of([&] {
              Engine engine(world.product().layout(), world.product().capability(), {world.account(peer)},
                            world.settings, stop, log);
              engine.recover();
              engine.run();
            }),
            "database_failed");
  EXPECT_EQ(peer.count("<dot>"), 0u);
  world.product().execute("FAXKA", "DROP TRIGGER broken");
  expect(sent(), world.attempt(world.account(peer), mail), peer);
}

TEST(HostileDisk, Case70_a_body_that_is_gone_holds_its_mail_and_no_other) {
  World world;
  SmtpPeer peer;
  const auto damaged = world.submit([](Submission& mail) { mail.message.append(200'000, 'x'); });
  const auto other = world.submit();
  fs::remove_all(world.product().layout().data() / "FAXKA.mails");
  const auto seen = world.attempt(world.account(peer), other);
  EXPECT_EQ(seen.status, "sent");
  EXPECT_NE(seen.said.find("DFI7008"), std::string::npos) << seen.said;
  EXPECT_EQ(world.product().status(damaged), "held");
  EXPECT_EQ(world.product().queue().find(damaged)->reason, "damaged");
  EXPECT_EQ(peer.mails().size(), 1u);
}

}  // namespace
}  // namespace faxmail::test::hostile
