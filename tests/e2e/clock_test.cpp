// SPDX-License-Identifier: Apache-2.0
// A clock on the wall that somebody sets, back and forth, between the verbs and within them: nothing is lost, what is
// newer stays newer, and what was measured stays true. The clock of the real programs is faketime's; the steady one
// goes on.
#include <glob.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>

#include "base/database.hpp"
#include "base/file.hpp"
#include "messages/deadline.hpp"
#include "messages/run.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::ElementsAre;

std::string faketime_library() {
  glob_t found{};
  ::glob("/usr/lib/*/faketime/libfaketimeMT.so.1", 0, nullptr, &found);
  const std::string path = found.gl_pathc > 0 ? found.gl_pathv[0] : "";
  ::globfree(&found);
  return path;
}

class WallClock {
 public:
  explicit WallClock(fs::path file) : file_(std::move(file)) { set("+0"); }
  ~WallClock() { stop_jumping(); }

  /// "-400d", "+3y", "-2h": from the true time.
  void set(const std::string& offset) const {
    const fs::path next = file_.string() + ".next";
    write(next, offset + "\n");
    fs::rename(next, file_);
  }
  /// Every few milliseconds, until stop_jumping().
  void jump() {
    jumping_ = true;
    jumper_ = std::thread([this] {
      const char* offsets[] = {"+0", "-400d", "+3y", "-2h", "+1d", "-9y", "+5m"};
      for (std::size_t i = 0; jumping_; ++i) {
        set(offsets[i % std::size(offsets)]);
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
      }
    });
  }
  void stop_jumping() {
    jumping_ = false;
    if (jumper_.joinable()) jumper_.join();
  }
  /// Of a program that goes by this clock.
  Words environment() const {
    return {"LD_PRELOAD=" + faketime_library(), "FAKETIME_TIMESTAMP_FILE=" + file_.string(), "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1"};
  }

 private:
  fs::path file_;
  std::atomic<bool> jumping_{false};
  std::thread jumper_;
};

struct Clock : ::testing::Test {
  void SetUp() override {
    if (faketime_library().empty()) GTEST_SKIP() << "faketime is missing: scripts/setup";
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer wants to be loaded first, and so does faketime";
#endif
    ASSERT_NO_FATAL_FAILURE(host.install_100());
  }
  Finished at_this_clock(const Words& words) const { return run(host.words(words), clock.environment()); }
  Finished when(const std::string& offset, const Words& words) const {
    clock.set(offset);
    return at_this_clock(words);
  }
  std::string release_120() {
    const auto next = host.directory() / "vendor/1.20";
    fs::copy(host.source("1.10"), next, fs::copy_options::recursive);
    replace_in(next / "product.toml", "version = \"1.10\"", "version = \"1.20\"");
    return host.release("1.20").string();
  }
  Words update() { return {"update", host.release("1.10").string()}; }
  std::vector<std::string> backups() const {
    std::vector<std::string> ids;
    const auto listed = host.dfinstall({"backup", "list"}).json();
    for (const auto& set : listed.at("backups")) ids.push_back(set.at("id"));
    return ids;
  }
  /// How often the clock went back between two lines of the journal.
  int jumps_seen() const {
    return SQLite::Database(host.state("journal.db").string(), SQLite::OPEN_READWRITE)
        .execAndGet("SELECT count(*) FROM mark a JOIN mark b ON b.seq = a.seq + 1 WHERE b.at < a.at")
        .getInt();
  }
  void expect_clean() const {
    EXPECT_EQ(left_overs(host.root(), host.product()), "");
    EXPECT_TRUE(host.status()["unfinished_run"].is_null());
    for (const char* service : {"demod", "demomon"}) EXPECT_NE(host.service_pid(service), 0) << service;
  }
  Host host;
  WallClock clock{host.directory() / "clock"};
};

TEST_F(Clock, MayBeSetBetweenTheVerbs) {
  const auto old = host.state_now();
  ASSERT_TRUE(ended(when("-3y", update())));
  const auto fresh = host.state_now();
  ASSERT_TRUE(ended(when("-4y", {"rollback"})));
  EXPECT_EQ(difference(old, host.state_now()), "");
  host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
  ASSERT_TRUE(ended(when("+2y", update()), 30));
  host.execute("DEMOSTAT", "DELETE FROM DEMOSTAT WHERE STID = 9");
  ASSERT_TRUE(ended(when("-1y", {"resume"})));
  EXPECT_EQ(difference(fresh, host.state_now()), "");
  ASSERT_TRUE(ended(when("-5y", {"ptf", "apply", host.ptf("HOT1").string()})));
  ASSERT_TRUE(ended(when("-6y", {"ptf", "remove", "HOT1"})));
  EXPECT_TRUE(host.status()["kept_update"].is_object());
  ASSERT_TRUE(ended(when("-7y", {"commit"})));
  expect_clean();
  std::vector<std::string> verbs;
  const auto history = host.dfinstall({"history"}).json();
  for (const auto& row : history.at("runs")) verbs.push_back(row.at("verb"));
  EXPECT_THAT(verbs, ElementsAre("commit", "ptf remove", "ptf apply", "update", "rollback", "update", "update"));
}

TEST_F(Clock, MayJumpWithinAVerb) {
  const auto old = host.state_now();
  ASSERT_TRUE(ended(host.dfinstall(update())));
  const auto fresh = host.state_now();
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  clock.jump();
  ASSERT_TRUE(ended(at_this_clock(update())));
  EXPECT_EQ(difference(fresh, host.state_now()), "");
  expect_clean();
  host.execute("DEMOLOG", "INSERT INTO DEMOLOG VALUES(3, 'since', 5)");
  EXPECT_TRUE(ended(at_this_clock({"rollback"}), 34));
  ASSERT_TRUE(ended(at_this_clock({"rollback", "--carry-over"})));
  EXPECT_EQ(difference(old, host.state_now()), "");
  host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
  ASSERT_TRUE(ended(at_this_clock(update()), 30));
  EXPECT_TRUE(ended(at_this_clock({"resume"}), 30));
  host.execute("DEMOSTAT", "DELETE FROM DEMOSTAT WHERE STID = 9");
  ASSERT_TRUE(ended(at_this_clock({"resume"})));
  EXPECT_EQ(difference(fresh, host.state_now()), "");
  clock.stop_jumping();
  expect_clean();
  EXPECT_GT(jumps_seen(), 20) << "the runs saw them";
}

TEST_F(Clock, DoesNotSpoilWhatIsMeasured) {
  clock.jump();
  ASSERT_TRUE(ended(at_this_clock(update())));
  ASSERT_TRUE(ended(at_this_clock({"commit"})));
  clock.stop_jumping();
  EXPECT_GT(jumps_seen(), 5);
  const auto predicted = host.dfinstall({"plan", release_120()}).json()["expected_downtime"];
  const auto noted = SQLite::Database(host.state("journal.db").string(), SQLite::OPEN_READWRITE)
                         .execAndGet("SELECT value FROM note WHERE run = 2 AND key = 'restart'")
                         .getString();
  EXPECT_EQ(predicted["restart"], Json::parse(noted)["seconds"]) << "it is measured, not assumed";
  for (const char* part : {"restart", "backup", "drill", "seconds"}) {
    EXPECT_GE(predicted[part].get<double>(), 0) << part;
    EXPECT_LT(predicted[part].get<double>(), 120) << part;
  }
}

TEST_F(Clock, DoesNotSayWhichBackupIsTheNewest) {
  const std::vector<std::string> offsets{"+2y", "+0", "-1y"};
  std::vector<std::string> made;
  for (const auto& offset : offsets) {
    host.execute("DEMOLOG", "INSERT INTO DEMOLOG(LGTEXT) VALUES('" + offset + "')");
    ASSERT_TRUE(ended(when(offset, {"backup", "create"})));
    made.push_back(backups().front());
    ASSERT_EQ(backups().size(), made.size());
  }
  EXPECT_GT(made[0], made[1]) << "by their names the first one is the newest";
  EXPECT_THAT(backups(), ElementsAre(made[2], made[1], made[0]));
  EXPECT_EQ(host.status()["backup"]["id"], made[2]);
  ASSERT_TRUE(ended(when("-2y", {"backup", "prune", "--keep", "2"})));
  EXPECT_THAT(backups(), ElementsAre(made[2], made[1]));
  host.execute("DEMOLOG", "DELETE FROM DEMOLOG");
  ASSERT_TRUE(ended(when("+1y", {"backup", "restore"})));
  EXPECT_EQ(host.query("DEMOLOG", "SELECT group_concat(LGTEXT) FROM DEMOLOG WHERE LGID > 2"), "+2y,+0,-1y");
}

TEST_F(Clock, DoesNotSayWhichBackupsAnUpdateMayRemove) {
  write(host.root() / "etc/opt/dfinstall/dfinstall.toml", "keep_backups = 1\n");
  ASSERT_TRUE(ended(when("+3y", update())));
  const auto first = backups().front();
  ASSERT_TRUE(ended(when("-1d", {"commit"})));
  ASSERT_TRUE(ended(when("-2d", {"update", release_120()})));
  ASSERT_TRUE(ended(when("-3d", {"commit"})));
  ASSERT_EQ(backups().size(), 1u);
  EXPECT_NE(backups().front(), first) << "the older one goes, though its time is later";
}

TEST_F(Clock, DoesNotSayWhichGenerationWasUsedLast) {
  write(host.root() / "etc/opt/dfinstall/dfinstall.toml", "keep_generations = 2\n");
  // As a clock that was ahead would have left it.
  fs::last_write_time(host.saved("releases/1.00.g1/.generation.json"),
                      fs::file_time_type::clock::now() + std::chrono::hours(24 * 365));
  ASSERT_TRUE(ended(host.dfinstall(update())));
  ASSERT_TRUE(ended(host.dfinstall({"commit"})));
  ASSERT_TRUE(ended(host.dfinstall({"update", release_120()})));
  ASSERT_TRUE(ended(host.dfinstall({"commit"})));
  EXPECT_TRUE(fs::exists(host.saved("releases/1.10.g1")));
  EXPECT_FALSE(fs::exists(host.saved("releases/1.00.g1")));
}

TEST_F(Clock, ThatComesToADayAgainOverwritesNoSavedObjects) {
  ASSERT_TRUE(ended(host.dfinstall(update())));
  ASSERT_TRUE(ended(host.dfinstall({"commit"})));
  ASSERT_TRUE(ended(when("+40d", {"ptf", "apply", host.ptf("HOT1").string()})));
  ASSERT_TRUE(ended(when("-40d", {"ptf", "apply", host.ptf("HOT2", "share/same.txt", "no longer\n").string()})));
  ASSERT_TRUE(ended(when("+40d", {"ptf", "apply", host.ptf("HOT3", "share/new.txt", "newer\n").string()})));
  std::vector<std::string> saved;
  const auto listed = host.dfinstall({"ptf", "list"}).json();
  for (const auto& ptf : listed.at("ptfs")) saved.push_back(ptf.at("saved"));
  ASSERT_EQ(saved.size(), 3u);
  EXPECT_NE(saved[0].substr(0, 9), saved[1].substr(0, 9));
  EXPECT_EQ(saved[2], saved[0].substr(0, 9) + "-2.SAVF");
  for (const char* name : {"HOT1", "HOT3", "HOT2"}) ASSERT_TRUE(ended(when("-1y", {"ptf", "remove", name}))) << name;
  EXPECT_EQ(read_file(host.current() / "share/limits.txt"), "limit 10 of 1.10\n");
  EXPECT_EQ(read_file(host.current() / "share/new.txt"), "only in 1.10\n");
}

// The deadline is what the operator reads on the wall: who sets that clock means it.
TEST_F(Clock, MovesADeadlineWithIt) {
  const auto before = host.state_now();
  for (const bool forward : {true, false}) {
    clock.set("+0");
    const auto then = std::time(nullptr) + 7200;
    char text[32];
    std::tm time{};
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", ::localtime_r(&then, &time));
    auto words = update();
    words.insert(words.end(), {"--deadline", text});
    auto environment = clock.environment();
    environment.push_back("DFI_PAUSE_AT=SAVDATA");
    Child running(host.words(words, DFI_CRASH_PROGRAM), environment);
    ASSERT_TRUE(running.stopped());
    clock.set(forward ? "+3h" : "-3h");
    running.kill(SIGCONT);
    if (forward) {
      ASSERT_TRUE(ended(running.wait(), 31, msg::deadline_missed));
      EXPECT_EQ(difference(before, host.state_now()), "");
    } else {
      ASSERT_TRUE(ended(running.wait()));
    }
    expect_clean();
  }
}

}  // namespace
}  // namespace dfi::test
