// SPDX-License-Identifier: Apache-2.0
// Whoever only looks sees the state as it is on a disk without any room, too, and on one that may not be written to:
// also what a run that was killed has left in the write-ahead log of its journal.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>

#include "base/database.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "messages/run.hpp"
#include "tests/crash/disk.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

// What each of these says does not depend on how much is free.
const std::vector<Words> looks{{"status"},         {"history"},     {"joblog"},          {"joblog", "1"}, {"locks"},
                               {"backup", "list"}, {"ptf", "list"}, {"rescued", "list"}, {"attach"},      {"start"}};

struct FullDiskLook : ::testing::Test {
  void SetUp() override {
    if (const auto missing = Disk::missing("ext4"); !missing.empty()) GTEST_SKIP() << missing;
    const auto aside = host.directory() / "aside";
    fs::rename(host.root(), aside);
    disk = std::make_unique<Disk>("ext4", host.directory() / "image", host.root(), 160);
    disk->mount();
    run({"cp", "-a", (aside / ".").string(), host.root().string()});
    ASSERT_NO_FATAL_FAILURE(host.install_100());
  }
  void TearDown() override { host.end_processes(); }

  /// An update is stopped in the middle; then nobody works any more.
  void kill_an_update() {
    Child update(host.words({"update", host.release("1.10").string()}, DFI_CRASH_PROGRAM), {"DFI_PAUSE_AT=/2/DEMOLOG"});
    ASSERT_TRUE(update.stopped());
    update.kill(SIGKILL);
    update.wait();
    ASSERT_GT(fs::file_size(log()), 0u);
  }
  void fill(off_t left = 0) const {
    Fd filler(::open((host.root() / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const std::string bytes(1 << 20, 'x');
    for (std::size_t part = bytes.size(); part > 0;) {
      const auto written = ::write(filler.get(), bytes.data(), part);
      if (written < 0 && errno == ENOSPC)
        part /= 2;
      else
        ASSERT_GT(written, 0);
    }
    ::fsync(filler.get());
    ASSERT_EQ(fs::space(host.root()).available, 0u);
    ASSERT_EQ(::ftruncate(filler.get(), ::lseek(filler.get(), 0, SEEK_END) - left), 0);
  }
  /// The same disk as it was, again.
  void bring_back() {
    host.end_processes();
    disk->unmount();
    disk->restore();
    disk->mount();
  }
  std::vector<std::string> looked() const {
    std::vector<std::string> said;
    for (const auto& look : looks) {
      const auto finished = host.dfinstall(look);
      said.push_back(look[0] + " " + std::to_string(finished.exit) + " " + finished.out);
    }
    return said;
  }
  /// What the journal says to somebody who does not read its log.
  int marks_without_log() const {
    SQLite::Database journal("file:" + host.state("journal.db").string() + "?immutable=1",
                             SQLite::OPEN_READONLY | SQLite::OPEN_URI);
    return journal.execAndGet("SELECT count(*) FROM mark WHERE run = 2").getInt();
  }
  fs::path log() const { return host.state("journal.db-wal"); }
  std::string journal_bytes() const { return read_file(host.state("journal.db")) + read_file(log()); }

  Host host{"demoprod", true};
  std::unique_ptr<Disk> disk;
};

TEST_F(FullDiskLook, ShowsWhatAKilledRunHasDone) {
  ASSERT_NO_FATAL_FAILURE(kill_an_update());
  host.end_processes();
  disk->unmount();
  disk->save();
  disk->mount();
  const auto wanted = looked();
  EXPECT_THAT(wanted[0], HasSubstr("\"verb\": \"update\""));
  for (const bool with_index : {true, false}) {
    bring_back();
    EXPECT_EQ(marks_without_log(), 0) << "all of the run is in the log only";
    // After a power cut the index of the log may be gone.
    if (!with_index) fs::remove(host.state("journal.db-shm"));
    ASSERT_NO_FATAL_FAILURE(fill());
    const auto before = journal_bytes();
    EXPECT_EQ(looked(), wanted) << with_index;
    const auto checked = host.dfinstall({"check"});
    EXPECT_THAT(checked.out, HasSubstr("run_unfinished"));
    EXPECT_TRUE(ended(host.dfinstall({"support", "--out", (host.directory() / "bundle.tar.zst").string()})));
    // With an index SQLite works as ever, and brings the log into the file.
    EXPECT_TRUE(with_index || journal_bytes() == before) << "who looks writes nothing";
  }
  fs::remove(host.root() / "filler");
  EXPECT_TRUE(ended(host.dfinstall({"rollback"})));
}

// Room for some blocks of the index of the log only (blocks of 1024 bytes, pages of 4096).
TEST_F(FullDiskLook, ShowsTheSameHoweverLittleIsFree) {
  ASSERT_NO_FATAL_FAILURE(kill_an_update());
  host.end_processes();
  disk->unmount();
  disk->save();
  disk->mount();
  const auto wanted = host.dfinstall({"status"}).out;
  EXPECT_THAT(wanted, HasSubstr("\"verb\": \"update\""));
  for (off_t left = 0; left < 24 * 1024; left += 1024) {
    bring_back();
    fs::remove(host.state("journal.db-shm"));
    ASSERT_NO_FATAL_FAILURE(fill(left));
    EXPECT_EQ(host.dfinstall({"status"}).out, wanted) << left << " bytes were free";
  }
  EXPECT_TRUE(ended(host.dfinstall({"rollback"})));
}

TEST_F(FullDiskLook, ShowsARunThatLives) {
  Child update(host.words({"update", host.release("1.10").string()}, DFI_CRASH_PROGRAM), {"DFI_PAUSE_AT=/2/DEMOLOG"});
  ASSERT_TRUE(update.stopped());
  ASSERT_NO_FATAL_FAILURE(fill());
  const auto status = host.status()["unfinished_run"];
  EXPECT_EQ(status.value("id", 0), 2) << status;
  EXPECT_EQ(status.value("alive", false), true);
  EXPECT_THAT(host.dfinstall({"joblog"}).out, HasSubstr("backup"));
  fs::remove(host.root() / "filler");
  update.kill(SIGCONT);
  EXPECT_TRUE(ended(update.wait())) << "nobody who looked was in its way";
}

TEST_F(FullDiskLook, ShowsTheSameOnAReadOnlyDisk) {
  ASSERT_NO_FATAL_FAILURE(kill_an_update());
  host.end_processes();
  const auto marks = marks_without_log();
  ASSERT_EQ(run({"mount", "-o", "remount,ro", host.root().string()}).exit, 0);
  const auto status = host.status();
  EXPECT_EQ(status["unfinished_run"].value("id", 0), 2) << status.dump(1);
  EXPECT_EQ(status["version"], "1.00");
  EXPECT_TRUE(ended(host.dfinstall({"history"})));
  EXPECT_EQ(marks_without_log(), marks);
  ASSERT_EQ(run({"mount", "-o", "remount,rw", host.root().string()}).exit, 0);
  EXPECT_TRUE(ended(host.dfinstall({"resume"})));
}

TEST_F(FullDiskLook, TellsTheLevelOfADataFileThatWasLeftWithItsLog) {
  host.dfinstall({"stop"});
  const auto file = host.data("DEMOJOBS"), log = host.data("DEMOJOBS-wal"), aside = host.directory() / "left";
  fs::create_directory(aside);
  {
    SQLite::Database product(file.string(), SQLite::OPEN_READWRITE);
    product.exec("INSERT INTO DEMOJOBS(JBTEXT) VALUES('only in the log')");
    for (const auto& each : {file, log}) fs::copy_file(each, aside / each.filename());
  }
  for (const auto& each : {file, log})
    fs::copy_file(aside / each.filename(), each, fs::copy_options::overwrite_existing);
  ASSERT_FALSE(fs::exists(host.data("DEMOJOBS-shm")));
  ASSERT_NO_FATAL_FAILURE(fill());
  const auto status = host.status();
  for (const auto& each : status["data_files"]) EXPECT_EQ(each["level"], each["expected"].dump()) << each;
  EXPECT_TRUE(read_file(log) == read_file(aside / log.filename()));
  fs::remove(host.root() / "filler");
  EXPECT_EQ(host.query("DEMOJOBS", "SELECT JBTEXT FROM DEMOJOBS ORDER BY JBID DESC LIMIT 1"), "only in the log");
}

}  // namespace
}  // namespace dfi::test
