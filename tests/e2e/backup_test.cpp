// SPDX-License-Identifier: Apache-2.0
#include "messages/backup.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.hpp"
#include "messages/general.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

struct Backup : ::testing::Test {
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(host.install_100()); }
  std::string create() {
    auto finished = host.dfinstall({"backup", "create"});
    EXPECT_TRUE(ended(finished));
    auto list = host.dfinstall({"backup", "list"}).json()["backups"];
    return list.empty() ? "" : list[0]["id"].get<std::string>();
  }
  Host host;
};

TEST_F(Backup, IsTakenWhileTheProductWritesAndHoldsWholeTransactions) {
  Child writer({DFI_ENGINE, "write", host.data("DEMOJOBS").string()});
  ASSERT_TRUE(writer.says("ready"));
  const auto id = create();
  writer.kill(SIGTERM);
  writer.wait();
  ASSERT_TRUE(ended(host.dfinstall({"backup", "verify", id})));
  const auto rows = std::stoi(host.query("DEMOJOBS", "SELECT count(*) FROM DEMOJOBS"));
  ASSERT_TRUE(ended(host.dfinstall({"backup", "restore", id})));
  const auto restored = std::stoi(host.query("DEMOJOBS", "SELECT count(*) FROM DEMOJOBS"));
  EXPECT_GE(restored, 3) << "what the -wal file held when the backup began is in it";
  EXPECT_LE(restored, rows);
  EXPECT_EQ(host.query("DEMOJOBS", "PRAGMA integrity_check"), "ok");
  EXPECT_NE(host.service_pid("demod"), 0);
}

TEST_F(Backup, IsListedAndVerified) {
  EXPECT_TRUE(host.dfinstall({"backup", "list"}).json()["backups"].empty());
  const auto first = create(), second = create();
  auto list = host.dfinstall({"backup", "list"}).json()["backups"];
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["id"], second);
  EXPECT_EQ(list[0]["level"], "1.00");
  EXPECT_TRUE(ended(host.dfinstall({"backup", "verify", first})));
  EXPECT_TRUE(ended(host.dfinstall({"backup", "verify"})));
  EXPECT_TRUE(ended(host.dfinstall({"backup", "verify", "20010101T000000-1"}), 4, msg::backup_unknown));
}

TEST_F(Backup, BringsBackAProductThatIsTooDamagedToSayWhatItIs) {
  const auto id = create();
  const auto before = host.state_now();
  ASSERT_TRUE(ended(host.dfinstall({"stop"})));
  write(host.data("DEMOSTAT"), "no database\n");
  fs::remove(fs::canonical(host.current()) / ".generation.json");
  EXPECT_TRUE(ended(host.dfinstall({"status"})));
  ASSERT_TRUE(ended(host.dfinstall({"backup", "restore", id})));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
}

TEST_F(Backup, ThatIsDamagedIsFoundAndNeverRestored) {
  const auto id = create();
  const auto before = host.state_now();
  for (const char* name : {"SAVPRODUCT.SAVF", "SAVDATA.SAVF"}) {
    const auto archive = host.state("backups") / id / name;
    const auto good = read_file(archive);
    auto bytes = good;
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write(archive, bytes);
    EXPECT_TRUE(ended(host.dfinstall({"backup", "verify", id}), 22)) << name;
    EXPECT_TRUE(ended(host.dfinstall({"backup", "restore", id}), 22)) << name;
    write(archive, good.substr(0, good.size() / 2));
    EXPECT_TRUE(ended(host.dfinstall({"backup", "verify", id}), 22)) << name;
    write(archive, good);
  }
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_TRUE(ended(host.dfinstall({"backup", "restore", id})));
}

TEST_F(Backup, HoldsADataFileThatLiesElsewhereBehindALink) {
  const auto elsewhere = host.directory() / "elsewhere";
  fs::rename(host.data("DEMOAREA"), elsewhere);
  fs::create_symlink(elsewhere, host.data("DEMOAREA"));
  const auto content = read_file(elsewhere);
  const auto id = create();
  fs::remove(host.data("DEMOAREA"));
  fs::remove(elsewhere);
  ASSERT_TRUE(ended(host.dfinstall({"backup", "restore", id})));
  EXPECT_EQ(read_file(host.data("DEMOAREA")), content);
}

TEST_F(Backup, IsNotRestoredThroughALinkOfTheProductsUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a link away";
  const auto elsewhere = host.directory() / "elsewhere";
  fs::create_directories(elsewhere);
  write(host.data("own/notes.txt"), "notes\n");
  const auto id = create();
  for (const char* planted : {"own", "own/.dfinstall"}) {
    fs::remove_all(host.data(planted));
    fs::create_directory_symlink(elsewhere, host.data(planted));
    ASSERT_EQ(::lchown(host.data(planted).c_str(), 65534, 65534), 0);
    EXPECT_TRUE(ended(host.dfinstall({"backup", "restore", id}), 31, msg::place_of_another)) << planted;
    EXPECT_TRUE(fs::is_empty(elsewhere)) << planted;
    fs::remove(host.data(planted));
    fs::create_directories(host.data("own"));
  }
  EXPECT_TRUE(ended(host.dfinstall({"backup", "restore", id})));
}

TEST_F(Backup, BringsBackOwnerModeTimesAttributesAndEmptyDirectories) {
  const auto file = host.data("own/notes.txt");
  write(file, "notes\n");
  fs::create_directories(host.data("own/empty"));
  ::chmod(file.c_str(), 0604);
  ::chmod(host.data("own/empty").c_str(), 0711);
  fs::create_symlink("notes.txt", host.data("own/link"));
  const bool root = ::geteuid() == 0 && ::chown(file.c_str(), 12, 34) == 0;
  const bool attributes = ::setxattr(file.c_str(), "user.colour", "blue", 4, 0) == 0;
  const timespec times[2] = {{1'500'000'000, 123'456'789}, {1'500'000'000, 123'456'789}};
  ::utimensat(AT_FDCWD, file.c_str(), times, 0);
  const auto id = create();
  fs::remove_all(host.data("own"));
  ASSERT_TRUE(ended(host.dfinstall({"backup", "restore", id})));
  struct stat s {};
  ASSERT_EQ(::stat(file.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 07777u, 0604u);
  EXPECT_EQ(s.st_mtim.tv_sec, 1'500'000'000);
  EXPECT_EQ(s.st_mtim.tv_nsec, 123'456'789);
  if (root) {
    EXPECT_EQ(s.st_uid, 12u);
    EXPECT_EQ(s.st_gid, 34u);
  }
  if (attributes) {
    const auto found = extended_attributes(file);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].second, "blue");
  }
  EXPECT_EQ(fs::read_symlink(host.data("own/link")), "notes.txt");
  ASSERT_EQ(::stat(host.data("own/empty").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 07777u, 0711u);
}

TEST_F(Backup, RestoresProductAndDataOfAnOlderRelease) {
  const auto before = host.state_now();
  const auto id = create();
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
  ASSERT_TRUE(ended(host.dfinstall({"backup", "restore", id})));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_EQ(host.status()["version"], "1.00");
  const auto status = host.status();
  for (const auto& file : status["data_files"]) EXPECT_EQ(file["level"], "1");
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_TRUE(ended(host.tool({"selftest"})));
}

TEST_F(Backup, OfWhatNoArchiveCanHoldIsRefusedAndSoIsTheUpdate) {
  const auto fifo = host.data("pipe");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  auto finished = host.dfinstall({"backup", "create"});
  EXPECT_TRUE(ended(finished, 22, msg::backup_impossible));
  EXPECT_EQ(finished.json()["error"]["args"]["path"], fifo.string());
  EXPECT_TRUE(host.dfinstall({"backup", "list"}).json()["backups"].empty());
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()}), 31, msg::backup_impossible));
  EXPECT_EQ(host.status()["version"], "1.00");
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  fs::remove(fifo);
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
}

TEST_F(Backup, OfEveryUpdateIsWhole) {
  const auto before = host.state_now();
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
  EXPECT_TRUE(ended(host.dfinstall({"backup", "verify"})));
  EXPECT_THAT(host.log_names(), HasSubstr("backup_made"));
  ASSERT_TRUE(ended(host.dfinstall({"backup", "restore"})));
  EXPECT_EQ(difference(before, host.state_now()), "");
}

}  // namespace
}  // namespace dfi::test
