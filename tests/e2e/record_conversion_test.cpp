// SPDX-License-Identifier: Apache-2.0
// Record files on the way to a new release: abort at a record, report, resume inside the file, rejects, corrections.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "messages/feed.hpp"
#include "messages/record_pass.hpp"
#include "messages/rehearse.hpp"
#include "messages/run.hpp"
#include "messages/step.hpp"
#include "tests/support/records.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct RecordConversion : ::testing::Test {
  void SetUp() override {
    add_records(host);
    ASSERT_NO_FATAL_FAILURE(host.install_100());
  }
  Finished update(Words more = {}) {
    Words words{"update", host.release("1.10").string()};
    words.insert(words.end(), more.begin(), more.end());
    return host.dfinstall(words);
  }
  static Json result_of(const Finished& finished, const std::string& file) {
    const auto document = finished.json();
    for (const auto& result : document.at("conversions"))
      if (result["file"] == file) return result;
    return {};
  }
  Host host;
};

TEST_F(RecordConversion, ConvertsEveryRecordAndTellsTheTotals) {
  fill_records(host, 1000);
  const auto finished = update();
  ASSERT_TRUE(ended(finished));
  const auto result = result_of(finished, "DEMORECS");
  EXPECT_EQ(result["rows_before"], 1000);
  EXPECT_EQ(result["rows_after"], 1000);
  EXPECT_EQ(result["totals"][0]["before"], "500750.00");
  EXPECT_EQ(result["totals"][0]["after"], "500750.00");
  EXPECT_EQ(fs::file_size(host.data("DEMORECS")), 1000 * new_length);
  EXPECT_THAT(host.log_names(), HasSubstr("control_total"));
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(RecordConversion, NamesTheRecordAndWritesAReportForTheHotline) {
  fill_records(host, 1000, {700});
  const auto finished = update();
  ASSERT_TRUE(ended(finished, 30, msg::record_refused));
  const auto args = finished.json()["error"]["args"];
  EXPECT_EQ(args["file"], "DEMORECS");
  EXPECT_EQ(args["record"], "700");
  EXPECT_EQ(args["field"], "RCSUM");
  const auto abort = finished.json()["abort"];
  EXPECT_EQ(abort["file"], "DEMORECS");
  std::map<std::string, std::string> states;
  for (const auto& state : abort["files"]) states[state["file"]] = state["state"];
  EXPECT_EQ(states["DEMOLOG"], "finished");
  EXPECT_EQ(states["DEMORECS"], "aborted");
  EXPECT_EQ(states["DEMOTAGS"], "not_started");
  const auto report = read_file(abort["report"].get<std::string>());
  EXPECT_THAT(report, HasSubstr("Conversion CVTRECS2 of DEMORECS aborted at record 700"));
  EXPECT_THAT(report, HasSubstr("Konvertierung CVTRECS2 von DEMORECS bei Satz 700"));
  EXPECT_THAT(report, HasSubstr("nicht begonnen"));
  EXPECT_THAT(report, HasSubstr("dfinstall resume"));
  EXPECT_THAT(report, HasSubstr("D4 C0 D9")) << "the whole record in hex";
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_TRUE(fs::exists(abort["report"].get<std::string>())) << "the report outlives the run";
}

TEST_F(RecordConversion, GoesOnAtTheLastCheckpointAndAcceptsALoss) {
  fill_records(host, 300000, {290000});
  ASSERT_TRUE(ended(update(), 30, msg::record_refused));
  const auto status = host.status()["unfinished_run"]["conversion"];
  EXPECT_EQ(status["file"], "DEMORECS");
  EXPECT_GE(status["records"].get<int>(), 262144);
  EXPECT_LT(status["records"].get<int>(), 290000);
  const auto finished = host.dfinstall({"resume", "--on-error=reject", "--max-rejects=1"});
  ASSERT_TRUE(ended(finished));
  const auto result = result_of(finished, "DEMORECS");
  EXPECT_EQ(result["went_on_at"], 262145);
  EXPECT_EQ(result["rejected"], 1);
  EXPECT_EQ(result["rows_after"], 299999);
  EXPECT_THAT(host.log_names(), HasSubstr("choices_changed"));
  EXPECT_EQ(numbers_of(host, 289999, 2), "289999 290001");
}

TEST_F(RecordConversion, StartsAnewIfARecordBeforeTheCheckpointWasChanged) {
  fill_records(host, 300000, {290000});
  ASSERT_TRUE(ended(update(), 30, msg::record_refused));
  put_record(host.data("DEMORECS"), 290000, old_record(290000));
  put_record(host.data("DEMORECS"), 300000, old_record(300001));
  put_record(host.data("DEMORECS"), 1, old_record(0));
  const auto finished = host.dfinstall({"resume"});
  ASSERT_TRUE(ended(finished));
  EXPECT_EQ(result_of(finished, "DEMORECS")["went_on_at"], 0);
  EXPECT_EQ(numbers_of(host, 1, 2), "0 2");
  EXPECT_EQ(numbers_of(host, 290000, 1), "290000");
  EXPECT_THAT(host.log_names(), HasSubstr("conversion_began_anew"));
}

TEST_F(RecordConversion, KeepsRejectsAndFeedsThemRepaired) {
  fill_records(host, 1000, {5, 700});
  const auto finished = update({"--on-error=reject", "--max-rejects=1%"});
  ASSERT_TRUE(ended(finished));
  const auto rejects = host.state("rejects") / finished.json()["run"].dump() / "DEMORECS.rejects";
  ASSERT_TRUE(fs::exists(rejects)) << rejects;
  EXPECT_EQ(read_file(rejects), old_record(5, true) + old_record(700, true));
  // Not repaired: each is named, and nobody was sent away.
  const auto before = host.state_now();
  const auto engine = host.service_pid("demod");
  const auto refused = host.text({"convert", "--rejects", rejects.string()});
  EXPECT_EQ(refused.exit, 19) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("DEMORECS record 1, CVTRECS2, field RCSUM at 16, hex "));
  EXPECT_THAT(refused.err, HasSubstr("DEMORECS record 2, CVTRECS2, field RCSUM at 40, hex "));
  EXPECT_THAT(refused.err, HasSubstr("2 of the records in"));
  EXPECT_THAT(refused.err, Not(HasSubstr("resume")));
  write(rejects, old_record(5) + old_record(700).substr(1));
  EXPECT_TRUE(ended(host.dfinstall({"convert", "--rejects", rejects.string()}), 19, msg::rejects_ragged));
  write(rejects, old_record(5) + old_record(6));
  const auto there = host.dfinstall({"convert", "--rejects", rejects.string()});
  EXPECT_TRUE(ended(there, 19, msg::rejects_there));
  EXPECT_EQ(there.json()["error"]["args"]["fed"], "2");
  EXPECT_EQ(there.json()["error"]["args"]["path"], rejects.string());
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_EQ(host.service_pid("demod"), engine);
  EXPECT_FALSE(fs::exists(host.state("rehearsal")) && !fs::is_empty(host.state("rehearsal")));
  write(rejects, old_record(5) + old_record(700));
  ASSERT_TRUE(ended(host.dfinstall({"convert", "--rejects", rejects.string()})));
  EXPECT_EQ(fs::file_size(host.data("DEMORECS")), 1000 * new_length);
  EXPECT_EQ(numbers_of(host, 4, 3), "4 5 6");
  EXPECT_EQ(numbers_of(host, 699, 3), "699 700 701");
  EXPECT_FALSE(fs::exists(rejects)) << "it is not fed twice";
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(RecordConversion, DoesNotFeedWhatTheOldStateHasAgain) {
  fill_records(host, 100, {5});
  const auto finished = update({"--on-error=reject", "--max-rejects=1"});
  ASSERT_TRUE(ended(finished));
  const auto rejects = host.state("rejects") / finished.json()["run"].dump() / "DEMORECS.rejects";
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  write(rejects, old_record(5));
  const auto refused = host.dfinstall({"convert", "--rejects", rejects.string()});
  ASSERT_TRUE(ended(refused, 17, msg::rejects_taken_back));
  EXPECT_THAT(refused.json()["error"]["args"]["back"].get<std::string>(), HasSubstr("(rollback)"));
  EXPECT_EQ(fs::file_size(host.data("DEMORECS")), 100 * old_length);
  // Those of the next update may be fed; not after a restore of what was saved before it.
  const auto again = update({"--on-error=reject", "--max-rejects=1"});
  ASSERT_TRUE(ended(again));
  const auto others = host.state("rejects") / again.json()["run"].dump() / "DEMORECS.rejects";
  write(others, old_record(5));
  ASSERT_TRUE(ended(host.dfinstall({"backup", "restore"})));
  EXPECT_TRUE(ended(host.dfinstall({"convert", "--rejects", others.string()}), 17, msg::rejects_taken_back));
}

TEST_F(RecordConversion, FeedsAfterARestoreOfWhatTheUpdateHadMade) {
  fill_records(host, 100, {5});
  const auto finished = update({"--on-error=reject", "--max-rejects=1"});
  ASSERT_TRUE(ended(finished));
  const auto rejects = host.state("rejects") / finished.json()["run"].dump() / "DEMORECS.rejects";
  write(rejects, old_record(5));
  ASSERT_TRUE(ended(host.dfinstall({"backup", "create"})));
  ASSERT_TRUE(ended(host.dfinstall({"backup", "restore"})));
  ASSERT_TRUE(ended(host.dfinstall({"convert", "--rejects", rejects.string()})));
  EXPECT_EQ(numbers_of(host, 4, 3), "4 5 6");
}

TEST_F(RecordConversion, RefusesToFeedWhatIsNotOurs) {
  const auto foreign = host.directory() / "x.rejects";
  write(foreign, "abc");
  EXPECT_TRUE(ended(host.dfinstall({"convert", "--rejects", foreign.string()}), 4, msg::rejects_foreign));
  EXPECT_TRUE(ended(host.dfinstall({"convert", "--rejects", "/nowhere.rejects"}), 4, msg::rejects_foreign));
  EXPECT_THAT(host.text({"convert", "--rejects", "/nowhere.rejects", "--lang", "de"}).err,
              HasSubstr("dieses Produkts. (dort sind keine Sätze)"));
}

TEST_F(RecordConversion, ASignalEndsItInsideTheFileAndResumeGoesOnThere) {
  fill_records(host, 300000);
  auto argv = host.words({"update", host.release("1.10").string()}, DFI_CRASH_PROGRAM);
  Child update(argv, {"DFI_PAUSE_AT=.dfinstall/2/DEMORECS"});
  ASSERT_TRUE(update.stopped());
  update.kill(SIGTERM);
  update.kill(SIGCONT);
  const auto interrupted = update.wait();
  ASSERT_TRUE(ended(interrupted, 30, msg::interrupted));
  EXPECT_EQ(interrupted.json()["ending"], "suspended");
  ASSERT_TRUE(ended(host.dfinstall({"resume"})));
  EXPECT_EQ(fs::file_size(host.data("DEMORECS")), 300000 * new_length);
}

TEST_F(RecordConversion, AcceptsAFinishedFileOfWhichOnlyTheTimesWereTouched) {
  fill_records(host, 1000, {700});
  const auto aborted = update();
  ASSERT_TRUE(ended(aborted, 30, msg::record_refused));
  const auto shadow = host.shadow(aborted.json()["run"], "DEMOLOG");
  const auto now = fs::file_time_type::clock::now();
  fs::last_write_time(shadow, now);
  fs::last_write_time(host.data("DEMOLOG"), now);
  put_record(host.data("DEMORECS"), 700, old_record(700));
  EXPECT_TRUE(ended(host.dfinstall({"resume"})));
}

TEST_F(RecordConversion, PointsFurtherNamesAtTheNewRecordsOrLeavesThem) {
  fill_records(host, 10);
  const auto hard = host.data("RECORDS.hard"), symbolic = host.data("RECORDS.link");
  fs::create_hard_link(host.data("DEMORECS"), hard);
  fs::create_symlink("DEMORECS", symbolic);
  EXPECT_TRUE(ended(update({"--dependents=abort"}), 11, msg::dependent_stops));
  replace_in(host.source("1.10") / "objects/share/behaviour.txt", "well", "fail-selftest");
  EXPECT_TRUE(ended(update(), 33, msg::selftest_failed));
  EXPECT_TRUE(fs::equivalent(hard, host.data("DEMORECS"))) << "taken back with the file";
  EXPECT_EQ(fs::file_size(hard), 10 * old_length);
  replace_in(host.source("1.10") / "objects/share/behaviour.txt", "fail-selftest", "well");
  ASSERT_TRUE(ended(update()));
  EXPECT_TRUE(fs::equivalent(hard, host.data("DEMORECS")));
  EXPECT_EQ(fs::file_size(symbolic), 10 * new_length);
}

TEST_F(RecordConversion, LeavesFurtherNamesAloneIfToldSo) {
  fill_records(host, 10);
  const auto hard = host.data("RECORDS.hard");
  fs::create_hard_link(host.data("DEMORECS"), hard);
  ASSERT_TRUE(ended(update({"--dependents=save-only"})));
  EXPECT_EQ(fs::file_size(hard), 10 * old_length);
  EXPECT_EQ(fs::file_size(host.data("DEMORECS")), 10 * new_length);
}

TEST_F(RecordConversion, RefusesALevelOfNoDataFileAndAWrongOne) {
  fill_records(host, 10);
  EXPECT_TRUE(ended(update({"--level", "DEMONONE=1"}), 2, msg::level_file_unknown));
  EXPECT_EQ(update({"--level", "DEMORECS=2"}).exit, 17);
  EXPECT_TRUE(ended(update({"--level", "DEMORECS=1"})));
}

TEST_F(RecordConversion, ChangesAFileInPlaceAtThePivotAndTakesItBack) {
  host.execute("DEMOTAGS", "INSERT INTO DEMOTAGS(TGTEXT) VALUES('one')");
  struct stat before {};
  ASSERT_EQ(::stat(host.data("DEMOTAGS").c_str(), &before), 0);
  replace_in(host.source("1.10") / "objects/share/behaviour.txt", "well", "fail-selftest");
  const auto state = host.state_now();
  EXPECT_TRUE(ended(update(), 33, msg::selftest_failed));
  EXPECT_EQ(difference(state, host.state_now()), "");
  replace_in(host.source("1.10") / "objects/share/behaviour.txt", "fail-selftest", "well");
  ASSERT_TRUE(ended(update()));
  EXPECT_EQ(host.query("DEMOTAGS", "PRAGMA user_version"), "2");
  EXPECT_EQ(host.query("DEMOTAGS", "SELECT TGTEXT FROM DEMOTAGS WHERE TGCOLOR IS NULL"), "one");
  struct stat after {};
  ASSERT_EQ(::stat(host.data("DEMOTAGS").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino) << "no copy was made";
}

}  // namespace
}  // namespace dfi::test
