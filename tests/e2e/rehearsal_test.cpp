// SPDX-License-Identifier: Apache-2.0
// Before the window: every bad record without touching anything, the rehearsal, the plan; and a correction within it.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>

#include "base/file.hpp"
#include "messages/general.hpp"
#include "messages/record_pass.hpp"
#include "messages/rehearse.hpp"
#include "messages/release.hpp"
#include "messages/run.hpp"
#include "tests/support/records.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Rehearsal : ::testing::Test {
  void SetUp() override {
    add_records(host);
    ASSERT_NO_FATAL_FAILURE(host.install_100());
  }
  std::string newer() { return host.release("1.10").string(); }
  static Json entry_of(const Json& list, const std::string& file) {
    for (const auto& entry : list)
      if (entry["file"] == file) return entry;
    return {};
  }
  Host host;
};

TEST_F(Rehearsal, CheckDataListsEveryBadRecordAndTouchesNothing) {
  fill_records(host, 1000, {3, 700, 999});
  host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
  const auto before = host.state_now();
  const auto pid = host.service_pid("demod");
  const auto finished = host.dfinstall({"check", "--data", newer()});
  ASSERT_TRUE(ended(finished, 19, msg::data_stops));
  EXPECT_EQ(finished.json()["found"]["records"], 3);
  EXPECT_EQ(finished.json()["found"]["rows"], 1);
  const auto data = finished.json()["data"];
  const auto records = entry_of(data, "DEMORECS");
  ASSERT_EQ(records["refusals"].size(), 3u);
  EXPECT_EQ(records["refused"], 3);
  EXPECT_EQ(records["plan"]["path"], "CVTRECS2");
  EXPECT_FALSE(finished.json()["findings"].is_null());
  EXPECT_EQ(records["refusals"][1]["record"], 700);
  EXPECT_EQ(records["refusals"][1]["field"], "RCSUM");
  const auto status = entry_of(data, "DEMOSTAT");
  EXPECT_TRUE(!status["error"].is_null() || status["refusals"].size() == 1) << status.dump(1);
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_EQ(host.service_pid("demod"), pid) << "the product ran on";
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(Rehearsal, CheckDataPrintsThePlanOfEachFileAndThenItsBadRecords) {
  std::set<std::uint32_t> bad;
  for (std::uint32_t record = 1; record <= 150; ++record) bad.insert(record);
  fill_records(host, 1000, bad);
  const auto out = host.text({"check", "--data", newer()}).out;
  const auto plan = out.find("DEMORECS: level"), last = out.find("DEMORECS record 150");
  EXPECT_NE(last, std::string::npos) << out;
  EXPECT_LT(plan, last);
  const auto rehearsed = host.dfinstall({"rehearse", newer()}).json()["rehearsal"];
  EXPECT_EQ(rehearsed["bad"], 150);
  EXPECT_EQ(entry_of(rehearsed["files"], "DEMORECS")["refused"], 150);
  EXPECT_EQ(entry_of(rehearsed["files"], "DEMORECS")["refusals"].size(), 100u);
}

TEST_F(Rehearsal, CheckDataIsCleanWhereEverythingFits) {
  fill_records(host, 100);
  const auto finished = host.dfinstall({"check", "--data", newer()});
  ASSERT_TRUE(ended(finished));
  EXPECT_EQ(finished.json()["clean"], true);
}

TEST_F(Rehearsal, CheckDataInASuspendedRunTakesItsDefinitions) {
  fill_records(host, 1000, {3, 700});
  ASSERT_TRUE(ended(host.dfinstall({"update", newer()}), 30, msg::record_refused));
  const auto finished = host.dfinstall({"check", "--data"});
  ASSERT_TRUE(ended(finished, 19, msg::data_bad));
  EXPECT_EQ(entry_of(finished.json()["data"], "DEMORECS")["refusals"].size(), 2u);
}

TEST_F(Rehearsal, PlanSaysWhatEachFileNeedsAndBecomes) {
  fill_records(host, 1000);
  const auto finished = host.dfinstall({"plan", newer()});
  ASSERT_TRUE(ended(finished));
  const auto records = entry_of(finished.json()["plan"]["data_files"], "DEMORECS");
  EXPECT_EQ(records["path"], "CVTRECS2");
  EXPECT_EQ(records["records"], 1000);
  EXPECT_EQ(records["bytes_after"], 1000 * new_length);
  EXPECT_EQ(records["exact"], true);
  const auto tags = entry_of(finished.json()["plan"]["data_files"], "DEMOTAGS");
  EXPECT_EQ(tags["in_place"], true);
  EXPECT_EQ(tags["space"], 0);
  EXPECT_EQ(finished.json()["expected_downtime"]["measured"], false);
}

TEST_F(Rehearsal, TellsWhatIsBadAndWhatToDo) {
  std::set<std::uint32_t> bad;
  for (std::uint32_t record = 1; record <= 25; ++record) bad.insert(record * 3);
  fill_records(host, 1000, bad);
  const auto rehearsed = host.text({"rehearse", newer()});
  EXPECT_EQ(rehearsed.exit, 19);
  const auto all = rehearsed.out + rehearsed.err;
  EXPECT_THAT(all, HasSubstr("DEMORECS record 60, CVTRECS2, field RCSUM at 1432, hex "));
  EXPECT_THAT(all, HasSubstr("which is no digit"));
  EXPECT_THAT(all, Not(HasSubstr("DEMORECS record 63,"))) << "the first 20";
  EXPECT_THAT(all, HasSubstr("DEMORECS: 5 more"));
  EXPECT_THAT(all, HasSubstr("--on-error=reject --max-rejects=25"));
  EXPECT_THAT(all, Not(HasSubstr("ended successfully")));
  EXPECT_THAT(host.text({"joblog", "--lang", "de"}).out, HasSubstr("DEMORECS Satz 3, CVTRECS2, Feld RCSUM"));
}

TEST_F(Rehearsal, CheckDataSaysWhatAnObjectOfAUserIs) {
  host.execute("DEMOSTAT", "CREATE VIEW OWN AS SELECT STDAT FROM DEMOSTAT; INSERT INTO DEMOSTAT VALUES(9, '20209999')");
  const auto checked = host.text({"check", "--data", newer()});
  EXPECT_EQ(checked.exit, 19);
  EXPECT_THAT(checked.out, HasSubstr("view OWN on DEMOSTAT cannot be re-created after CVTSTAT2"));
  EXPECT_THAT(checked.out, HasSubstr("DEMOSTAT, CVTSTAT2: check 'every date is real' brings up the row"));
  EXPECT_THAT(checked.out, Not(HasSubstr("record 0")));
  EXPECT_THAT(checked.err, HasSubstr("0 records, 1 rows found by checks, 1 objects of users"));
  EXPECT_THAT(checked.err, HasSubstr("--dependents=save-only"));
  host.execute("DEMOSTAT", "DELETE FROM DEMOSTAT WHERE STID = 9");
  EXPECT_TRUE(ended(host.dfinstall({"check", "--data", "--dependents=save-only", newer()})));
  const auto aborted = host.text({"update", newer()});
  EXPECT_EQ(aborted.exit, 30);
  EXPECT_THAT(aborted.err, HasSubstr("dfinstall resume --dependents=save-only"));
  EXPECT_TRUE(ended(host.dfinstall({"resume", "--dependents=save-only"})));
}

TEST_F(Rehearsal, IsToldAWrittenFileOfTheSameSize) {
  fill_records(host, 100);
  ASSERT_TRUE(ended(host.dfinstall({"rehearse", newer()})));
  put_record(host.data("DEMORECS"), 4, old_record(4));
  ASSERT_TRUE(ended(host.dfinstall({"update", newer()})));
  const auto told = host.text({"joblog"}).out;
  EXPECT_THAT(told, HasSubstr("DEMORECS was written to since the rehearsal"));
  EXPECT_THAT(told, Not(HasSubstr("DEMOSTAT was written")));
  EXPECT_THAT(told, Not(HasSubstr("DEMOLOG was written")));
}

TEST_F(Rehearsal, RunsBesideAWorkingProductAndUpdateComparesWithIt) {
  fill_records(host, 1000, {7});
  write(host.root() / "busy", "");
  Child writer({DFI_ENGINE, "write", host.data("DEMOJOBS").string()});
  ASSERT_TRUE(writer.says("ready"));
  const auto pid = host.service_pid("demod");
  const auto rehearsed = host.dfinstall({"rehearse", newer()});
  ASSERT_EQ(rehearsed.exit, 19) << rehearsed.out << rehearsed.err;
  EXPECT_EQ(rehearsed.json()["ending"], "done");
  EXPECT_EQ(rehearsed.json()["rehearsal"]["bad"], 1);
  EXPECT_THAT(rehearsed.json()["message"].get<std::string>(), HasSubstr("1 records cannot be converted"));
  EXPECT_EQ(host.service_pid("demod"), pid) << "the product ran on";
  EXPECT_FALSE(fs::exists(host.state("rehearsal") / rehearsed.json()["run"].dump()));
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  writer.kill(SIGTERM);
  writer.wait();
  fill_records(host, 1100);
  host.execute("DEMOSTAT", "CREATE VIEW OWN AS SELECT STID FROM DEMOSTAT");
  ASSERT_TRUE(ended(host.dfinstall({"update", newer()})));
  const auto names = host.log_names();
  for (const char* name : {"rehearsal_known", "rehearsal_grown", "rehearsal_new_dependent", "rehearsal_compared"})
    EXPECT_THAT(names, HasSubstr(name));
  EXPECT_THAT(names, Not(HasSubstr("rehearsal_other_definitions")));
}

struct Correction : Rehearsal {
  // The conversion of DEMORECS as the hotline corrects it: the sum that cannot be read is not taken along.
  fs::path corrected(const std::string& file, const std::string& from, const std::string& to) {
    const auto changed = host.directory() / "vendor/corrected";
    fs::remove_all(changed);
    fs::copy(host.source("1.10"), changed, fs::copy_options::recursive);
    replace_in(changed / "definitions/1.10" / file, from, to);
    const auto path = host.directory() / "vendor/FIX1.SAVF";
    packer::write_definitions(newer(), packer::read_source(changed), {"FIX1", {}, {"1.10"}, "fix", "Korrektur"}, path,
                              host.key());
    return path;
  }
};

TEST_F(Correction, ReplacesTheDefinitionsOfTheUnfinishedFile) {
  fill_records(host, 1000, {700});
  ASSERT_TRUE(ended(host.dfinstall({"update", newer()}), 30, msg::record_refused));
  const auto fix =
      corrected("CVTRECS2.toml", "[verify]\nsum = [\"RCSUM\"]\n", "[map]\nRCSUM = \"default(0)\"\n[verify]\n");
  replace_in(host.directory() / "vendor/corrected/definitions/1.10/CVTRECS2.toml", "drop = [\"RCRES\"]",
             "drop = [\"RCRES\", \"RCSUM\"]");
  packer::write_definitions(newer(), packer::read_source(host.directory() / "vendor/corrected"),
                            {"FIX1", {}, {"1.10"}, "fix", "Korrektur"}, fix, host.key());
  ASSERT_TRUE(ended(host.dfinstall({"resume", "--with-ptf", fix.string()})));
  EXPECT_EQ(fs::file_size(host.data("DEMORECS")), 1000 * new_length);
  EXPECT_THAT(host.log_names(), HasSubstr("correction_laid"));
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(Correction, IsRefusedForAFinishedFileAForeignKeyAndAnOrdinaryPtf) {
  fill_records(host, 1000, {700});
  ASSERT_TRUE(ended(host.dfinstall({"update", newer()}), 30, msg::record_refused));
  const auto fix = corrected("CVTLOG2.toml", "every row is there", "every single row is there");
  EXPECT_TRUE(ended(host.dfinstall({"resume", "--with-ptf", fix.string()}), 26, msg::correction_finished));
  const auto ptf = host.ptf("HOT1");
  EXPECT_TRUE(ended(host.dfinstall({"resume", "--with-ptf", ptf.string()}), 26, msg::correction_refused));
  fs::remove(host.trusted() / "vendor.pem");
  EXPECT_EQ(host.dfinstall({"resume", "--with-ptf", fix.string()}).exit, 21);
  EXPECT_EQ(host.status()["unfinished_run"]["verb"], "update") << "the run is as it was";
}

TEST_F(Correction, IsRefusedForTheFormatOfAFileThatWasCreated) {
  add_new_file(host);
  fill_records(host, 1000, {700});
  ASSERT_TRUE(ended(host.dfinstall({"update", newer()}), 30, msg::record_refused));
  const auto fix = corrected("../formats/DEMONEW.1.toml", "level = 1", "level  = 1");
  EXPECT_TRUE(ended(host.dfinstall({"resume", "--with-ptf", fix.string()}), 26, msg::correction_finished));
}

TEST_F(Correction, IsRefusedPastThePivot) {
  const auto fix = corrected("CVTRECS2.toml", "drop = [\"RCRES\"]", "drop  = [\"RCRES\"]");
  Child update(host.words({"update", newer()}, DFI_CRASH_PROGRAM), {"DFI_PAUSE_AT=/kept/"});
  ASSERT_TRUE(update.stopped());
  update.kill(SIGKILL);
  update.wait();
  EXPECT_TRUE(ended(host.dfinstall({"resume", "--with-ptf", fix.string()}), 26, msg::correction_late));
  EXPECT_TRUE(ended(host.dfinstall({"resume"})));
}

TEST_F(Rehearsal, AFullDiskSuspendsAndResumeGoesOnWhenThereIsRoom) {
  const auto image = host.directory() / "disk";
  const auto keep = host.directory() / "keep";
  write(image, "");
  fs::resize_file(image, 24 << 20);
  if (run({"mkfs.ext4", "-q", "-F", image.string()}).exit != 0) GTEST_SKIP() << "no mkfs.ext4 here";
  host.dfinstall({"stop"});
  fs::copy(host.data(), keep, fs::copy_options::recursive);
  if (run({"mount", "-o", "loop", image.string(), host.data().string()}).exit != 0)
    GTEST_SKIP() << "file systems cannot be mounted here";
  struct Unmount {
    fs::path at;
    ~Unmount() { run({"umount", "-l", at.string()}); }
  } unmount{host.data()};
  fs::copy(keep, host.data(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  ASSERT_TRUE(ended(host.dfinstall({"start"})));
  fill_records(host, 150000);  // 3.6 MB become 7.2 MB
  const auto ballast = host.data("ballast");
  auto argv = host.words({"update", newer()}, DFI_CRASH_PROGRAM);
  Child update(argv, {"DFI_PAUSE_AT=.dfinstall/2/DEMORECS"});
  ASSERT_TRUE(update.stopped());
  run({"dd", "if=/dev/zero", "of=" + ballast.string(), "bs=64k"});  // until the file system is full
  update.kill(SIGCONT);
  const auto stopped = update.wait();
  ASSERT_TRUE(ended(stopped, 30, msg::disk_full));
  EXPECT_EQ(fs::file_size(host.data("DEMORECS")), 150000 * old_length);
  EXPECT_EQ(host.dfinstall({"resume"}).exit, 30) << "still full";
  fs::remove(ballast);
  ASSERT_TRUE(ended(host.dfinstall({"resume"})));
  EXPECT_EQ(fs::file_size(host.data("DEMORECS")), 150000 * new_length);
  host.end_processes();
}

}  // namespace
}  // namespace dfi::test
