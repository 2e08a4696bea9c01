// SPDX-License-Identifier: Apache-2.0
// The product must be back at the end of the operator's window: what cannot be finished by then is not begun, or taken
// back in time.
#include "messages/deadline.hpp"

#include <fmt/chrono.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <ctime>

#include "base/database.hpp"
#include "messages/step.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

std::tm local_time(std::int64_t seconds_from_now) { return fmt::localtime(std::time(nullptr) + seconds_from_now); }

struct Deadline : ::testing::Test {
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(host.install_100());
    before = host.state_now();
    services = {host.service_pid("demod"), host.service_pid("demomon")};
  }
  Words asked(const std::string& verb, std::int64_t seconds) {
    return {verb, host.release("1.10").string(), "--deadline", fmt::format("{:%Y-%m-%d %H:%M}", local_time(seconds))};
  }
  Words update(std::int64_t seconds) { return asked("update", seconds); }
  /// As if the time until then had passed while the run stood still.
  void let_the_deadline_come() const {
    SQLite::Database journal(host.state("journal.db").string(), SQLite::OPEN_READWRITE, 5000);
    journal.exec("INSERT INTO note(run, key, value) VALUES(2, 'deadline', '" + std::to_string(std::time(nullptr)) +
                 "')");
  }
  Host host;
  Tree before;
  std::vector<int> services;
};

TEST_F(Deadline, ThatIsFarAwayChangesNothing) {
  const auto plan = host.dfinstall(asked("plan", 7200));
  ASSERT_TRUE(ended(plan));
  EXPECT_EQ(plan.json()["deadline"]["needed"], plan.json()["expected_downtime"]["seconds"]);
  EXPECT_GT(plan.json()["deadline"]["left"], 7000);
  const auto finished = host.dfinstall(update(7200));
  ASSERT_TRUE(ended(finished));
  EXPECT_THAT(host.log_names(), HasSubstr("deadline_fits"));
}

TEST_F(Deadline, ThatCannotBeKeptIsRefusedWhileTheProductRuns) {
  // Ten hours at the rate which the last backup is said to have had.
  ASSERT_TRUE(ended(host.dfinstall({"backup", "create"})));
  SQLite::Database(host.state("journal.db").string(), SQLite::OPEN_READWRITE)
      .exec("UPDATE note SET value = '{\"bytes\": 1000, \"seconds\": 36000.0}' WHERE key = 'rate'");
  const auto plan = host.dfinstall(asked("plan", 7200));
  EXPECT_TRUE(ended(plan, 15, msg::deadline_missed)) << "one knows it beforehand";
  EXPECT_GT(plan.json()["deadline"]["needed"], 7200);
  EXPECT_FALSE(plan.json()["plan"]["steps"].empty()) << "and sees the parts";
  const auto finished = host.dfinstall(update(7200));
  ASSERT_TRUE(ended(finished, 15, msg::deadline_missed));
  EXPECT_EQ(finished.json()["ending"], "unchanged");
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_EQ(services, (std::vector<int>{host.service_pid("demod"), host.service_pid("demomon")})) << "never stopped";
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(Deadline, IsNotJudgedByARateThatWasMeasuredOnAlmostNothing) {
  ASSERT_TRUE(ended(host.dfinstall({"backup", "create"})));
  SQLite::Database(host.state("journal.db").string(), SQLite::OPEN_READWRITE)
      .exec("UPDATE note SET value = '{\"bytes\": 1, \"seconds\": 0.9}' WHERE key = 'rate'");
  EXPECT_TRUE(ended(host.dfinstall(update(7200))));
}

struct DeadlineAtStep : Deadline, ::testing::WithParamInterface<const char*> {};

TEST_P(DeadlineAtStep, TakesTheUpdateBackInTime) {
  auto words = update(7200);
  words.push_back("--on-failure=suspend");
  Child running(host.words(words, DFI_CRASH_PROGRAM), {std::string("DFI_PAUSE_AT=") + GetParam()});
  ASSERT_TRUE(running.stopped());
  let_the_deadline_come();
  running.kill(SIGCONT);
  ASSERT_TRUE(ended(running.wait(), 31, msg::deadline_missed));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  EXPECT_TRUE(host.status()["unfinished_run"].is_null());
}

INSTANTIATE_TEST_SUITE_P(Steps, DeadlineAtStep,
                         ::testing::Values("/.dfinstall/gate", "SAVDATA", "/drill", "/2/DEMOLOG", "1.10.g"));

TEST_F(Deadline, IsOverForARunThatHasActivated) {
  Child running(host.words(update(7200), DFI_CRASH_PROGRAM), {"DFI_PAUSE_AT=" + host.current().string()});
  ASSERT_TRUE(running.stopped());
  let_the_deadline_come();
  running.kill(SIGCONT);
  ASSERT_TRUE(ended(running.wait()));
}

TEST_F(Deadline, OfAResumeIsItsOwn) {
  host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
  auto words = update(7200);
  words.push_back("--on-failure=suspend");
  ASSERT_TRUE(ended(host.dfinstall(words), 30));
  let_the_deadline_come();
  host.execute("DEMOSTAT", "UPDATE DEMOSTAT SET STDAT = '20200813' WHERE STID = 9");
  EXPECT_TRUE(ended(host.dfinstall({"resume"}))) << "the old one has passed, and nobody named a new one";
}

TEST_F(Deadline, GoesBackByItselfAfterAnAbortUnlessToldOtherwise) {
  host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
  before = host.state_now();
  EXPECT_TRUE(ended(host.dfinstall(update(7200)), 31)) << "nobody waits for an operator until the morning";
  EXPECT_EQ(difference(before, host.state_now()), "");
}

TEST_F(Deadline, IsUnderstoodAsTheNextSuchHour) {
  EXPECT_TRUE(ended(host.dfinstall(
      {"update", host.release("1.10").string(), "--deadline", fmt::format("{:%H:%M}", local_time(-3600))})));
  for (const char* wrong : {"25:00", "6 o'clock", "2020-01-01 06:00", "06:00 tomorrow"})
    for (const char* verb : {"update", "plan"})
      EXPECT_TRUE(ended(host.dfinstall({verb, "--deadline", wrong}), 2, msg::deadline_malformed)) << verb << wrong;
}

}  // namespace
}  // namespace dfi::test
