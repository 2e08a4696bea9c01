// SPDX-License-Identifier: Apache-2.0
// A backup counts only if it can be restored: on trial, before the first change; and which backups stay.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "base/process.hpp"
#include "messages/backup.hpp"
#include "messages/check.hpp"
#include "messages/step.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Drill : ::testing::Test {
  Json backups() const { return host.dfinstall({"backup", "list"}).json()["backups"]; }
  std::string newest() const { return backups().at(0)["id"]; }
  std::string create() {
    EXPECT_TRUE(ended(host.dfinstall({"backup", "create"})));
    return newest();
  }
  Words update() { return {"update", host.release("1.10").string()}; }
  /// The self-test of 1.00 becomes this script; its second word is the root.
  void self_test(const std::string& script) {
    const auto program = host.source("1.00") / "objects/bin/demotool";
    fs::remove(program);
    write(program, "#!/bin/sh\n" + script + "\n");
    ::chmod(program.c_str(), 0755);
  }
  static void flip_a_bit(const fs::path& file, std::uintmax_t at) {
    auto bytes = read_file(file);
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    write(file, bytes);
  }
  Host host;
};

TEST_F(Drill, IsMadeByAnUpdateBeforeItConverts) {
  host.install_100();
  ASSERT_TRUE(ended(host.dfinstall(update())));
  const auto drill = backups().at(0)["drill"];
  ASSERT_TRUE(drill.is_object());
  EXPECT_GT(drill["bytes"].get<int>(), 0);
  EXPECT_TRUE(drill["selftest"].get<bool>());
  const auto said = host.log_names();
  EXPECT_LT(said.find("drill_passed"), said.find("converted"));
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(Drill, FindsAnArchiveThatWasDamagedSinceItWasMade) {
  host.install_100();
  const auto before = host.state_now();
  Child running(host.words(update(), DFI_CRASH_PROGRAM), {"DFI_PAUSE_AT=" + (host.state("drill")).string()});
  ASSERT_TRUE(running.stopped());
  const auto archive = host.state("backups") / newest() / "SAVDATA.SAVF";
  flip_a_bit(archive, fs::file_size(archive) / 2);
  running.kill(SIGCONT);
  EXPECT_EQ(running.wait().exit, 31);
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

/// Also where no restored file shows it: in a mode, an owner, the frame around the bytes.
TEST_F(Drill, FindsEveryBitThatHasChanged) {
  host.install_100();
  const auto id = create();
  for (const auto* name : {"SAVPRODUCT.SAVF", "SAVDATA.SAVF"}) {
    const auto archive = host.state("backups") / id / name;
    const auto size = fs::file_size(archive);
    for (std::uintmax_t at = 0; at < size; at += size / 5 + 1) {
      flip_a_bit(archive, at);
      EXPECT_TRUE(ended(host.dfinstall({"backup", "drill", id}), 22, msg::backup_damaged)) << name << " at " << at;
      flip_a_bit(archive, at);
    }
  }
  EXPECT_TRUE(ended(host.dfinstall({"backup", "drill", id})));
}

TEST_F(Drill, FindsWhatWasPutBehindTheEndOfAnArchive) {
  host.install_100();
  const auto id = create();
  const auto archive = host.state("backups") / id / "SAVDATA.SAVF";
  write(archive, read_file(archive) + std::string(300'000, '\0'));
  EXPECT_TRUE(ended(host.dfinstall({"backup", "drill", id}), 22, msg::backup_damaged));
  EXPECT_TRUE(ended(host.dfinstall({"backup", "verify", id}), 22, msg::backup_damaged));
}

/// Also if it came into the archive with a name that leads elsewhere.
TEST_F(Drill, UnpacksNothingThatWasNotSaved) {
  host.install_100();
  const auto id = create();
  const auto elsewhere = host.directory() / "elsewhere";
  fs::create_directories(elsewhere / "below");
  write(elsewhere / "foreign", "foreign");
  const auto archive = (host.state("backups") / id / "SAVDATA.SAVF").string();
  const auto below = (elsewhere / "below").string();
  ASSERT_EQ(run_program({"tar", "--zstd", "-P", "-C", below, "-cf", archive, "../foreign"}).status, 0);
  EXPECT_TRUE(ended(host.dfinstall({"backup", "drill", id}), 22, msg::backup_damaged));
  EXPECT_FALSE(fs::exists(host.state("drill") / "foreign"));
}

TEST_F(Drill, StopsTheUpdateIfTheOldReleaseRefusesTheRestoredData) {
  self_test("case \"$2\" in */drill/*) echo it is not the same; exit 1;; esac");
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.00").string()})));
  const auto before = host.state_now();
  const auto finished = host.dfinstall(update());
  ASSERT_TRUE(ended(finished, 31, msg::drill_refused));
  EXPECT_THAT(finished.json()["error"]["text"].get<std::string>(), HasSubstr("it is not the same"));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_TRUE(backups().at(0)["drill"].is_null());
}

TEST_F(Drill, DoesNotBlameTheBackupForWhatWasWrongBefore) {
  self_test("[ ! -e \"$2/var/opt/demoprod/own/sick\" ] || { echo always sick; exit 1; }");
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.00").string()})));
  write(host.data("own/sick"), "");
  ASSERT_TRUE(ended(host.dfinstall(update())));
  EXPECT_THAT(host.log_names(), HasSubstr("drill_refused_before"));
  EXPECT_THAT(host.log_names(), HasSubstr("drill_restored"));
  EXPECT_THAT(host.log_names(), Not(HasSubstr("drill_passed")));
}

TEST_F(Drill, CanBeAskedForWhileTheProductRuns) {
  host.install_100();
  const auto id = create();
  EXPECT_TRUE(backups().at(0)["drill"].is_null());
  const auto before = host.state_now();
  ASSERT_TRUE(ended(host.dfinstall({"backup", "drill", id})));
  EXPECT_TRUE(backups().at(0)["drill"].is_object());
  EXPECT_TRUE(ended(host.dfinstall({"backup", "drill", "20010101T000000-1"}), 4, msg::backup_unknown));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_FALSE(fs::exists(host.state("drill") / "3"));
}

TEST_F(Drill, IsPredicted) {
  host.install_100();
  const auto downtime = host.dfinstall({"plan", host.release("1.10").string()}).json()["expected_downtime"];
  EXPECT_GT(downtime["drill"].get<double>(), 0);
}

TEST_F(Drill, KeepsItsBackupFromBeingPruned) {
  host.install_100();
  const auto proven = create();
  ASSERT_TRUE(ended(host.dfinstall({"backup", "drill", proven})));
  create();
  const auto last = create();
  const auto pruned = host.dfinstall({"backup", "prune", "--keep", "1"});
  ASSERT_TRUE(ended(pruned));
  EXPECT_EQ(pruned.json()["removed"].size(), 1u);
  EXPECT_EQ(pruned.json()["kept"], Json({last, proven}));
  EXPECT_TRUE(ended(host.dfinstall({"backup", "verify", proven})));
}

TEST_F(Drill, PruneRemovesWhatNeverBecameABackup) {
  host.install_100();
  const auto id = create();
  fs::create_directories(host.state("backups") / "20260101T000000-77");
  write(host.state("backups") / "20260101T000000-77/SAVDATA.SAVF", "half\n");
  ASSERT_TRUE(ended(host.dfinstall({"backup", "prune"})));
  EXPECT_FALSE(fs::exists(host.state("backups") / "20260101T000000-77"));
  EXPECT_EQ(newest(), id);
}

TEST_F(Drill, PruneLeavesTheBackupOfASuspendedRun) {
  host.install_100();
  host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
  ASSERT_TRUE(ended(host.dfinstall(update()), 30));
  const auto own = newest();
  // The clock was a year ahead when somebody saved by hand.
  const auto ahead = host.state("backups") / "20991231T000000-9";
  fs::copy(host.state("backups") / own, ahead);
  replace_in(ahead / "backup.json", "\"created\": \"20", "\"created\": \"21");
  ASSERT_TRUE(ended(host.dfinstall({"backup", "prune", "--keep", "1"})));
  EXPECT_TRUE(fs::exists(host.state("backups") / own / "backup.json"));
  EXPECT_TRUE(ended(host.dfinstall({"rollback"})));
}

TEST_F(Drill, UpdatesPruneOnlyBackupsOfUpdates) {
  write(host.root() / "etc/opt/dfinstall/dfinstall.toml", "keep_backups = 1\n");
  host.install_100();
  const auto by_hand = create();
  ASSERT_TRUE(ended(host.dfinstall(update())));
  const auto by_update = newest();
  ASSERT_TRUE(ended(host.dfinstall({"backup", "restore", by_hand})));
  ASSERT_TRUE(ended(host.dfinstall(update())));
  const auto list = backups();
  ASSERT_EQ(list.size(), 2u) << list.dump();
  EXPECT_EQ(list[1]["id"], by_hand);
  EXPECT_NE(list[0]["id"], by_update);
}

}  // namespace
}  // namespace dfi::test
