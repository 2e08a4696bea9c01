// SPDX-License-Identifier: Apache-2.0
// A disk that is really full, a backup medium that goes, a release that changes while it is read, a clock that jumps,
// several dfinstalls at once.
#include <SQLiteCpp/SQLiteCpp.h>

#include "base/file.hpp"
#include "tests/crash/power.hpp"

namespace dfi::test {
namespace {

const Scenario& scenario_called(const std::string& name) {
  for (const auto& scenario : scenarios)
    if (name == scenario.name) return scenario;
  throw std::runtime_error(name);
}

struct FullDisk : ::testing::TestWithParam<const char*> {};

// From no room at all until there is enough. The way back needs none.
TEST_P(FullDisk, LeavesTheOldStateHoweverMuchWasFree) {
  if (const auto missing = Disk::missing("ext4"); !missing.empty()) GTEST_SKIP() << missing;
  PowerBench bench(scenario_called(GetParam()), "ext4", 1);
  if (HasFailure()) return;
  bench.calls();
  if (HasFailure()) return;
  int points = 0, failures = 0, refused = 0;
  Finished ended{};
  const long step = full() ? 64 : 1500;
  for (long kib = 0; kib == 0 || (ended.exit != 0 && kib < 64 * 1024); kib += step) {
    bench.leave_free(kib);
    const auto wrong = bench.failed_by({}, Way::rollback, ended);
    EXPECT_TRUE(wrong.empty()) << wrong << kib << " KiB were free";
    ++points;
    refused += ended.json().value("ending", "") == "unchanged";
    if (!wrong.empty() && ++failures == 5) break;
  }
  EXPECT_EQ(ended.exit, 0);
  report_points("full disk", GetParam(), points - failures, points, std::to_string(refused) + " without a change");
}

INSTANTIATE_TEST_SUITE_P(Crash, FullDisk, ::testing::Values("Update", "PtfApply", "BackupCreate", "BackupRestore"),
                         [](const auto& row) { return std::string(row.param); });

// What a backup that did not come about must leave: the product as it was, and no backup that claims to be one.
void expect_no_backup(Host& host, const Tree& before) {
  EXPECT_TRUE(host.service_pid("demod"));
  const auto listed = host.dfinstall({"backup", "list"}).json()["backups"];
  EXPECT_TRUE(listed.empty()) << listed.dump(1);
  EXPECT_TRUE(host.status()["unfinished_run"].is_null());
  host.dfinstall({"stop"});
  EXPECT_EQ(difference(before, host.state_now()), "");
}

TEST(Surroundings, ABackupWhoseMediumGoesIsNoBackup) {
  if (const auto missing = Disk::missing("ext4"); !missing.empty()) GTEST_SKIP() << missing;
  Host host("demoprod", true);
  host.install_100();
  host.dfinstall({"stop"});
  const auto before = host.state_now();
  int points = 0;
  for (const char* moment : {"SAVPRODUCT", "SAVDATA", "backup.json"})
    for (const bool pulled : {true, false}) {
      SCOPED_TRACE(std::string(moment) + (pulled ? " pulled" : " fails"));
      host.dfinstall({"start"});
      Disk medium("ext4", host.directory() / "medium", host.state("backups"), 64);
      medium.mount();
      Child run(host.words({"backup", "create"}, DFI_CRASH_PROGRAM), {"DFI_PAUSE_AT=" + std::string(moment)});
      ASSERT_TRUE(run.stopped());
      if (pulled)
        medium.disappear();
      else
        medium.cut(false);
      run.kill(SIGCONT);
      const auto ended = run.wait();
      EXPECT_GT(ended.exit, 0) << ended.out;
      EXPECT_LT(ended.exit, 100) << ended.out;
      EXPECT_TRUE(ended.json().contains("error")) << ended.out << ended.err;
      medium.unmount();
      host.dfinstall({"rollback"});
      expect_no_backup(host, before);
      ++points;
    }
  report_points("backup medium goes", "backup create", points, points, "");
}

class ReleaseBench : public Bench {
 public:
  ReleaseBench() : Bench(scenario_called("Update")), zip_(verb_.back()), good_(read_file(zip_)) {
    bad_ = good_;
    bad_.replace(bad_.size() / 2, 4096, std::string(4096, '\0'));
  }

  /// The run is stopped at its first durable operation on such a path, `file` gets other content, the run goes on.
  std::string changed_at(const std::string& moment, const fs::path& file, bool by_rename, bool& refused) {
    bring_back();
    write(zip_, good_);
    Child update(host_.words(verb_, DFI_CRASH_PROGRAM), {"DFI_PAUSE_AT=" + moment});
    if (!update.stopped()) return "it never came to " + moment;
    write(by_rename ? file.string() + ".new" : file.string(), bad_);
    if (by_rename) fs::rename(file.string() + ".new", file);
    update.kill(SIGCONT);
    const auto ended = update.wait();
    refused = ended.exit != 0;
    if (refused && ended.exit != 21 && ended.exit != 23 && ended.exit != 31) return ended.out + ended.err;
    auto wrong = clean();
    wrong += difference_to(refused, !refused);
    return wrong.empty() ? wrong : wrong + ended.out + ended.err;
  }
  const fs::path& zip() const { return zip_; }
  fs::path received() const { return host_.state("depot") / zip_.filename(); }

 private:
  fs::path zip_;
  std::string good_, bad_;
};

TEST(Surroundings, AReleaseThatChangesWhileItIsReadIsNeverUsedInPart) {
  ReleaseBench bench;
  if (HasFailure()) return;
  bench.calls();
  const auto name = bench.zip().filename().string();
  bool refused = false;
  EXPECT_EQ(bench.changed_at("depot/" + name, bench.zip(), false, refused), "");
  EXPECT_TRUE(refused) << "changed in place while it was received";
  EXPECT_EQ(bench.changed_at("depot/" + name, bench.zip(), true, refused), "");
  EXPECT_FALSE(refused) << "another file of this name came; the first one was being received";
  EXPECT_EQ(bench.changed_at("/staging/", bench.zip(), false, refused), "");
  EXPECT_FALSE(refused) << "changed when it had been received";
  for (const bool by_rename : {false, true}) {
    EXPECT_EQ(bench.changed_at("/staging/", bench.received(), by_rename, refused), "");
    EXPECT_EQ(bench.changed_at("/releases/", bench.received(), by_rename, refused), "");
  }
  report_points("release changes while it is read", "update", 7, 7, "");
}

class ClockBench : public Bench {
 public:
  ClockBench() : Bench(scenario_called("Update")) {}

  /// The run is killed; then the clock turns out to have been ahead by years when it ran.
  std::string killed_in_the_future(long k, Way way) {
    bring_back();
    const auto killed = run(traced({"--at", std::to_string(k), "--do", "kill"}, verb_));
    if (killed.exit != 128 + 9) return "was not killed";
    SQLite::Database journal(host_.state("journal.db").string(), SQLite::OPEN_READWRITE);
    for (const char* table : {"run SET started = replace(started, '20', '21')", "mark SET at = replace(at, '20', '21')",
                              "log SET at = replace(at, '20', '21')"})
      journal.exec(std::string("UPDATE ") + table);
    take_releases_away();
    return recover(way);
  }
};

TEST(Surroundings, AClockThatJumpsBackBetweenRunAndRecoveryChangesNothing) {
  ClockBench bench;
  if (HasFailure()) return;
  const auto n = static_cast<long>(bench.calls().size());
  for (const long k : {n / 4, n / 2, 3 * n / 4})
    for (const auto way : {Way::resume, Way::rollback})
      EXPECT_EQ(bench.killed_in_the_future(k, way), "") << "killed at call " << k;
}

class CrowdBench : public Bench {
 public:
  CrowdBench() : Bench(scenario_called("Update")) {}

  /// So many at once: one works, each of the others says that one is in work, or that there is nothing left to do.
  std::string together(int many) {
    bring_back();
    std::vector<std::unique_ptr<Child>> crowd;
    for (int i = 0; i < many; ++i) crowd.push_back(std::make_unique<Child>(host_.words(verb_)));
    std::string wrong;
    int done = 0;
    for (const auto& one : crowd) {
      const auto ended = one->wait();
      const auto ending = ended.json().value("ending", "");
      if (ended.exit == 0 && ending == "done")
        ++done;
      else if (!ended.json().contains("error") || (ended.exit != 7 && ending != "unchanged"))
        wrong += ended.out + ended.err;
    }
    if (done != 1) wrong += std::to_string(done) + " of them did the update\n";
    wrong += clean();
    return wrong += difference_to(false, true);
  }
};

TEST(Surroundings, OfManyAtOnceOneWorks) {
  CrowdBench bench;
  if (HasFailure()) return;
  bench.calls();
  for (const int many : {2, 4, 8}) EXPECT_EQ(bench.together(many), "") << many;
}

}  // namespace
}  // namespace dfi::test
