// SPDX-License-Identifier: Apache-2.0
// The heart of the old procedure: a conversion aborts, the cause is cured, the run goes on at exactly that file.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include "messages/check.hpp"
#include "messages/cli.hpp"
#include "messages/conversion.hpp"
#include "messages/rollback.hpp"
#include "messages/run.hpp"
#include "messages/step.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

struct ConversionAbort : ::testing::Test {
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(host.install_100()); }
  void spoil() { host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')"); }
  void repair() { host.execute("DEMOSTAT", "UPDATE DEMOSTAT SET STDAT = '20200813' WHERE STID = 9"); }
  Finished update(Words more = {}) {
    Words words{"update", host.release("1.10").string()};
    words.insert(words.end(), more.begin(), more.end());
    return host.dfinstall(words);
  }
  Host host;
};

struct FileIdentity {
  ino_t inode;
  timespec changed;
  explicit FileIdentity(const fs::path& path) {
    struct stat s {};
    ::stat(path.c_str(), &s);
    inode = s.st_ino;
    changed = s.st_mtim;
  }
  bool operator==(const FileIdentity& other) const {
    return inode == other.inode && changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec;
  }
};

TEST_F(ConversionAbort, NamesFileConversionCauseAndTheNextCommands) {
  spoil();
  auto finished = update();
  ASSERT_TRUE(ended(finished, 30, msg::verify_failed));
  auto error = finished.json()["error"];
  EXPECT_EQ(error["args"]["file"], "DEMOSTAT");
  EXPECT_EQ(error["args"]["conversion"], "CVTSTAT2");
  EXPECT_THAT(error["args"]["row"].get<std::string>(), HasSubstr("2020-99-99"));
  EXPECT_THAT(error["recovery"].get<std::string>(), HasSubstr("dfinstall resume"));
  EXPECT_THAT(error["recovery"].get<std::string>(), HasSubstr("dfinstall rollback"));
  EXPECT_EQ(finished.json()["ending"], "suspended");
  EXPECT_EQ(finished.json()["failed_step"], "convert");
}

TEST_F(ConversionAbort, KeepsTheProductClosedUntilItIsFinished) {
  spoil();
  ASSERT_TRUE(ended(update(), 30, msg::verify_failed));
  EXPECT_EQ(host.service_pid("demod"), 0);
  EXPECT_EQ(host.tool({"add", "not now"}).exit, 75);
  EXPECT_TRUE(ended(host.dfinstall({"start"}), 29, msg::start_refused));
  EXPECT_TRUE(ended(host.dfinstall({"stop"}), 29, msg::start_refused));
  auto status = host.status();
  EXPECT_EQ(status["unfinished_run"]["verb"], "update");
  EXPECT_EQ(status["unfinished_run"]["alive"], false);
  EXPECT_FALSE(status["gate"].is_null());
}

TEST_F(ConversionAbort, IsResumedAtExactlyThatFile) {
  spoil();
  auto first = update();
  ASSERT_TRUE(ended(first, 30, msg::verify_failed));
  const auto shadow = host.shadow(first.json()["run"], "DEMOLOG");
  ASSERT_TRUE(fs::exists(shadow));
  const FileIdentity converted(shadow);
  // Nothing cured: the same error again, and the finished file is not touched.
  EXPECT_TRUE(ended(host.dfinstall({"resume"}), 30, msg::verify_failed));
  EXPECT_EQ(FileIdentity(shadow), converted);
  repair();
  ASSERT_TRUE(ended(host.dfinstall({"resume"})));
  EXPECT_EQ(FileIdentity(host.data("DEMOLOG")), converted) << "the finished shadow itself became the data file";
  EXPECT_EQ(host.query("DEMOSTAT", "SELECT STISO FROM DEMOSTAT WHERE STID = 9"), "2020-08-13");
  EXPECT_EQ(host.status()["version"], "1.10");
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(ConversionAbort, IsTakenBackOnRequest) {
  spoil();
  const auto before = host.state_now();
  ASSERT_TRUE(ended(update(), 30, msg::verify_failed));
  EXPECT_EQ(difference(before, host.state_now()), "");
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_TRUE(ended(host.tool({"add", "works"})));
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  EXPECT_TRUE(ended(host.dfinstall({"rollback"}), 105, msg::nothing_to_take_back));
}

TEST_F(ConversionAbort, GoesBackByItselfIfAskedTo) {
  spoil();
  const auto before = host.state_now();
  EXPECT_TRUE(ended(update({"--on-failure=rollback"}), 31, msg::verify_failed));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_TRUE(ended(host.dfinstall({"resume"}), 105, msg::nothing_unfinished));
}

TEST_F(ConversionAbort, StopsIfAFinishedFileWasChangedInThePause) {
  spoil();
  ASSERT_TRUE(ended(update(), 30, msg::verify_failed));
  repair();
  host.execute("DEMOLOG", "INSERT INTO DEMOLOG(LGTEXT) VALUES('in the pause')");
  EXPECT_TRUE(ended(host.dfinstall({"resume"}), 30, msg::shadow_changed));
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(host.query("DEMOLOG", "SELECT count(*) FROM DEMOLOG"), "3");
}

TEST_F(ConversionAbort, LosesNothingThatSomebodyWritesBetweenConversionAndPivot) {
  auto argv = host.words({"update", host.release("1.10").string()}, DFI_CRASH_PROGRAM);
  Child update(argv, {"DFI_PAUSE_AT=/releases/1.10.g1"});  // all files are converted, the pivot is near
  ASSERT_TRUE(update.stopped());
  host.execute("DEMOLOG", "INSERT INTO DEMOLOG(LGTEXT) VALUES('at the last moment')");
  update.kill(SIGCONT);
  ASSERT_TRUE(ended(update.wait(), 30, msg::shadow_changed));
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(host.status()["version"], "1.00");
  EXPECT_EQ(host.query("DEMOLOG", "SELECT count(*) FROM DEMOLOG WHERE LGTEXT = 'at the last moment'"), "1");
  EXPECT_NE(host.service_pid("demod"), 0);
}

TEST_F(ConversionAbort, NamesAnObjectOfTheUserThatDoesNotFitTheNewFormat) {
  host.execute("DEMOSTAT", "CREATE VIEW OLDDATES AS SELECT STDAT FROM DEMOSTAT");
  auto finished = update();
  ASSERT_TRUE(ended(finished, 30, msg::dependent_failed));
  EXPECT_EQ(finished.json()["error"]["args"]["name"], "OLDDATES");
  host.execute("DEMOSTAT", "DROP VIEW OLDDATES");
  EXPECT_TRUE(ended(host.dfinstall({"resume"})));
}

TEST_F(ConversionAbort, CarriesAViewThatCameDuringTheRun) {
  auto argv = host.words({"update", host.release("1.10").string()}, DFI_CRASH_PROGRAM);
  Child update(argv, {"DFI_PAUSE_AT=.dfinstall/2/DEMOLOG"});  // DEMOLOG is in work, DEMOSTAT follows
  ASSERT_TRUE(update.stopped());
  host.execute("DEMOSTAT", "CREATE VIEW LATE AS SELECT STID FROM DEMOSTAT");
  update.kill(SIGCONT);
  ASSERT_TRUE(ended(update.wait()));
  EXPECT_EQ(host.query("DEMOSTAT", "SELECT count(*) FROM LATE"), "2");
}

TEST_F(ConversionAbort, StopsAtAViewThatCameToAFinishedFile) {
  spoil();
  ASSERT_TRUE(ended(update(), 30, msg::verify_failed));
  repair();
  host.execute("DEMOLOG", "CREATE VIEW LATE AS SELECT LGID FROM DEMOLOG");
  EXPECT_TRUE(ended(host.dfinstall({"resume"}), 30, msg::shadow_changed));
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(host.query("DEMOLOG", "SELECT count(*) FROM LATE"), "2");
}

TEST_F(ConversionAbort, NamesAHolderThatCameInTheMiddle) {
  auto argv = host.words({"update", host.release("1.10").string()}, DFI_CRASH_PROGRAM);
  Child update(argv, {"DFI_PAUSE_AT=.dfinstall/2/DEMOLOG"});  // DEMOLOG is in work, DEMOSTAT follows
  ASSERT_TRUE(update.stopped());
  Child holder({DFI_ENGINE, "open", host.data("DEMOSTAT").string()});
  ASSERT_TRUE(holder.says("ready"));
  update.kill(SIGCONT);
  auto finished = update.wait();
  ASSERT_TRUE(ended(finished, 30, msg::data_in_use));
  EXPECT_EQ(finished.json()["error"]["args"]["pid"], std::to_string(holder.pid()));
  EXPECT_EQ(finished.json()["failed_step"], "convert");
  EXPECT_THAT(finished.json()["abort"]["holders"].dump(), HasSubstr(std::to_string(holder.pid())));
  EXPECT_THAT(host.dfinstall({"locks"}).out, HasSubstr(std::to_string(holder.pid())))
      << "visible while it is suspended";
  // It is still there: resume names it again. Gone: the run ends well.
  EXPECT_TRUE(ended(host.dfinstall({"resume"}), 30, msg::data_in_use));
  holder.kill(SIGTERM);
  holder.wait();
  EXPECT_TRUE(ended(host.dfinstall({"resume"})));
  EXPECT_EQ(host.status()["version"], "1.10");
}

}  // namespace
}  // namespace dfi::test
