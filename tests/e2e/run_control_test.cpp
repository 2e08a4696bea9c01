// SPDX-License-Identifier: Apache-2.0
// One run at a time, killed or interrupted runs, and what is said about them afterwards.
#include <gmock/gmock.h>
#include <signal.h>

#include "messages/cli.hpp"
#include "messages/conversion.hpp"
#include "messages/rollback.hpp"
#include "messages/run.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct RunControl : ::testing::Test {
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(host.install_100()); }
  Words update() { return {"update", host.release("1.10").string()}; }
  /// An update that has stopped itself while it works on this data file.
  std::unique_ptr<Child> paused_at(const std::string& path) {
    auto child = std::make_unique<Child>(host.words(update(), DFI_CRASH_PROGRAM), Words{"DFI_PAUSE_AT=" + path});
    EXPECT_TRUE(child->stopped());
    return child;
  }
  void suspend() {
    host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
    ASSERT_TRUE(ended(host.dfinstall(update()), 30, msg::verify_failed));
  }
  Host host;
};

TEST_F(RunControl, ASecondRunIsToldWhoTheFirstIs) {
  auto first = paused_at(".dfinstall/2/DEMOLOG");
  EXPECT_THAT(host.text({"status"}).out, HasSubstr("dfinstall attach"));
  for (const Words& verb : {update(), Words{"backup", "create"}, Words{"resume"}, Words{"rollback"}, Words{"stop"}}) {
    auto finished = host.dfinstall(verb);
    EXPECT_TRUE(ended(finished, 7, msg::run_active)) << verb.front();
    EXPECT_EQ(finished.json()["error"]["args"]["pid"], std::to_string(first->pid()));
    EXPECT_EQ(finished.json()["error"]["args"]["run"], "2 (update)");
  }
  EXPECT_EQ(host.status()["unfinished_run"]["alive"], true);
  first->kill(SIGCONT);
  EXPECT_TRUE(ended(first->wait()));
  EXPECT_EQ(host.status()["version"], "1.10");
}

TEST_F(RunControl, AKilledRunIsShownAndResumed) {
  auto first = paused_at(".dfinstall/2/DEMOSTAT");
  first->kill(SIGKILL);
  first->wait();
  auto status = host.status();
  EXPECT_EQ(status["unfinished_run"]["id"], 2);
  EXPECT_EQ(status["unfinished_run"]["alive"], false);
  EXPECT_FALSE(status["gate"].is_null());
  ASSERT_TRUE(ended(host.dfinstall({"resume"})));
  EXPECT_EQ(host.status()["version"], "1.10");
  EXPECT_NE(host.service_pid("demod"), 0);
}

TEST_F(RunControl, AKilledRunIsRolledBack) {
  const auto before = host.state_now();
  auto first = paused_at(".dfinstall/2/DEMOSTAT");
  first->kill(SIGKILL);
  first->wait();
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
}

TEST_F(RunControl, TermEndsARunAndTakesItBack) {
  const auto before = host.state_now();
  auto first = paused_at("/backups/");
  first->kill(SIGTERM);
  first->kill(SIGCONT);
  EXPECT_TRUE(ended(first->wait(), 31, msg::interrupted));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  EXPECT_TRUE(ended(host.dfinstall({"resume"}), 105, msg::nothing_unfinished));
}

TEST_F(RunControl, ATerminalThatIsLostDoesNotEndARun) {
  auto first = paused_at("/backups/");
  first->kill(SIGHUP);
  first->kill(SIGCONT);
  EXPECT_TRUE(ended(first->wait()));
}

TEST_F(RunControl, AnUnfinishedRunStandsInTheWayOfEveryOther) {
  ASSERT_NO_FATAL_FAILURE(suspend());
  for (const Words& verb :
       {update(), Words{"backup", "create"}, Words{"backup", "restore"}, Words{"ptf", "apply", "X"}})
    EXPECT_TRUE(ended(host.dfinstall(verb), 29, msg::run_unfinished)) << verb.front();
  EXPECT_EQ(host.dfinstall({"check"}).exit, 29);
}

TEST_F(RunControl, WithoutAnUnfinishedRunThereIsNothingToResume) {
  EXPECT_TRUE(ended(host.dfinstall({"resume"}), 105, msg::nothing_unfinished));
  EXPECT_TRUE(ended(host.dfinstall({"rollback"}), 105, msg::nothing_to_take_back));
}

TEST_F(RunControl, OpenedToItsUsersARunOnlyGoesForward) {
  // The formats of the old release are put aside at the end: the new one is already in use.
  auto first = paused_at("/kept/2");
  first->kill(SIGKILL);
  first->wait();
  EXPECT_TRUE(ended(host.tool({"add", "in use"})));
  const auto late = host.dfinstall({"rollback"});
  EXPECT_TRUE(ended(late, 34, msg::past_open));
  const auto document = late.json();
  for (const auto& file : document.at("written_since"))
    EXPECT_EQ(file["rows_now"].get<int>() - file["rows_then"].get<int>(), file["file"] == "DEMOJOBS" ? 1 : 0);
  EXPECT_FALSE(document.at("written_since").empty());
  ASSERT_TRUE(ended(host.dfinstall({"resume"})));
  EXPECT_EQ(host.status()["version"], "1.10");
  EXPECT_TRUE(ended(host.dfinstall({"rollback"}))) << "done, it is taken back as a whole";
}

TEST_F(RunControl, HistoryShowsEveryRunAndItsEnd) {
  ASSERT_NO_FATAL_FAILURE(suspend());
  auto runs = host.dfinstall({"history"}).json()["runs"];
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0]["outcome"], "unfinished");
  EXPECT_EQ(runs[1]["outcome"], "done");
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(host.dfinstall({"history"}).json()["runs"][0]["outcome"], "rolled back");
  EXPECT_THAT(host.text({"history"}).out, AllOf(HasSubstr("update"), HasSubstr("rolled back")));
  EXPECT_THAT(host.text({"history", "--lang", "de"}).out, AllOf(HasSubstr("zurückgesetzt"), HasSubstr("erledigt")));
}

TEST_F(RunControl, TheJobLogKeepsWhatARunSaidAndSpeaksTheReadersLanguage) {
  ASSERT_NO_FATAL_FAILURE(suspend());
  EXPECT_THAT(host.log_names("1"), HasSubstr("activated"));
  EXPECT_THAT(host.log_names(), HasSubstr("verify_failed"));
  const auto english = host.text({"joblog", "2"}).out, german = host.text({"joblog", "2", "--lang", "de"}).out;
  EXPECT_THAT(english, HasSubstr("stopped by check"));
  EXPECT_THAT(german, HasSubstr("DFI5011"));
  EXPECT_NE(english, german);
  EXPECT_TRUE(ended(host.dfinstall({"joblog", "77"}), 4, msg::run_not_found));
}

TEST_F(RunControl, SpeaksGermanOnRequest) {
  const auto german = host.text({"status", "--lang", "de"}).out;
  EXPECT_THAT(german, HasSubstr("Produkt"));
  EXPECT_THAT(german, HasSubstr("läuft"));
  EXPECT_THAT(host.text({"resume", "--lang", "de"}).err, HasSubstr("Lauf"));
  EXPECT_THAT(run(host.words({"status"}), {"DFINSTALL_LANG=de"}).out, HasSubstr("\"level\""));
}

TEST_F(RunControl, JsonIsOneDocumentWithTheSameFrameForEveryVerb) {
  for (const Words& verb :
       {Words{"status"}, Words{"check"}, Words{"locks"}, Words{"history"}, Words{"joblog"}, Words{"ptf", "list"},
        Words{"backup", "list"}, Words{"resume"}, Words{"stop"}, Words{"start"}, Words{"backup", "create"}}) {
    auto finished = host.dfinstall(verb);
    auto document = finished.json();
    ASSERT_FALSE(document.empty()) << verb.front() << finished.out;
    EXPECT_EQ(document["schema"], "dfinstall/1");
    EXPECT_EQ(document["exit"], finished.exit);
    EXPECT_EQ(document["ok"], finished.exit == 0);
    EXPECT_EQ(document["verb"], verb.size() > 1 ? verb[0] + " " + verb[1] : verb[0]);
  }
}

TEST_F(RunControl, WrongUseIsNamed) {
  EXPECT_EQ(host.dfinstall({"updaet"}).exit, 2);
  EXPECT_THAT(host.dfinstall({"updaet"}).err + host.dfinstall({"updaet"}).out, HasSubstr("update"));
  EXPECT_EQ(host.dfinstall({"status", "--no-such-option"}).exit, 2);
  EXPECT_EQ(host.dfinstall({"update", "x", "--on-failure=perhaps"}).exit, 2);
  EXPECT_EQ(host.dfinstall({}).exit, 2);
}

TEST_F(RunControl, AskedAboutARunInAPipeItNeverWritesControlCharacters) {
  auto finished = host.text(update());
  EXPECT_EQ(finished.exit, 0);
  EXPECT_THAT(finished.out + finished.err, Not(HasSubstr("\033")));
  EXPECT_THAT(finished.err, HasSubstr("[1/"));
}

}  // namespace
}  // namespace dfi::test
