// SPDX-License-Identifier: Apache-2.0
#include "messages/check.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include "messages/conversion.hpp"
#include "messages/general.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

struct Check : ::testing::Test {
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(host.install_100()); }
  std::string names(const Finished& finished) {
    std::string text;
    const auto document = finished.json();
    const auto findings = document.value("findings", Json::array());
    for (const auto& finding : findings) text += finding.dump() + "\n";
    return text;
  }
  Host host;
};

TEST_F(Check, OfAHealthyProductFindsNothingInTheWay) {
  auto finished = host.dfinstall({"check", host.release("1.10").string()});
  ASSERT_TRUE(ended(finished));
  EXPECT_EQ(finished.json()["clean"], true);
  EXPECT_THAT(names(finished), HasSubstr(std::string(message_id(msg::version_step))));
  EXPECT_THAT(names(finished), HasSubstr(std::string(message_id(msg::service_running))));
  EXPECT_TRUE(ended(host.dfinstall({"check"})));
}

TEST_F(Check, ADataFileThatIsMissingIsNotMadeAnew) {
  ASSERT_TRUE(ended(host.dfinstall({"stop"})));
  fs::rename(host.data("DEMOLOG"), host.directory() / "away");
  for (const char* verb : {"check", "plan", "update"})
    EXPECT_TRUE(ended(host.dfinstall({verb, host.release("1.10").string()}), 17, msg::data_file_missing)) << verb;
  fs::rename(host.directory() / "away", host.data("DEMOLOG"));
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
}

TEST_F(Check, ShowsEveryObstacleAtOnceWithTheWayOut) {
  Child holder({DFI_ENGINE, "lock", host.data("DEMOAREA").string()}),
      other({DFI_ENGINE, "open", host.data("DEMOLOG").string()});
  ASSERT_TRUE(holder.says("ready") && other.says("ready"));
  write(fs::canonical(host.current()) / "share/mine.txt", "mine");
  host.execute("DEMOLOG", "CREATE VIEW MYVIEW AS SELECT 1 AS A");
  auto finished = host.dfinstall({"check", host.release("1.10").string()});
  EXPECT_EQ(finished.exit, 10);
  EXPECT_EQ(finished.json()["clean"], false);
  for (const auto& part : {std::to_string(other.pid()), std::string(message_id(msg::object_foreign)),
                           std::string(message_id(msg::dependent_found)), std::string(message_id(msg::data_in_use)),
                           std::string(message_id(msg::holder_harmless))})
    EXPECT_THAT(names(finished), HasSubstr(part));
  EXPECT_THAT(host.text({"check"}).out, HasSubstr("dfinstall locks"));
}

TEST_F(Check, ChangesNothing) {
  const auto before = host.state_now();
  const auto runs = host.dfinstall({"history"}).json()["runs"].size();
  host.dfinstall({"check", host.release("1.10").string()});
  host.dfinstall({"plan", host.release("1.10").string()});
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_EQ(host.dfinstall({"history"}).json()["runs"].size(), runs);
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(Check, KnowsTheVersionPath) {
  EXPECT_EQ(host.dfinstall({"check", host.release("1.00").string()}).exit, 17);
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
  EXPECT_TRUE(ended(host.dfinstall({"check", host.release("1.00").string()}), 17, msg::version_older));
}

TEST_F(Check, RefusesADataFileOfAnUnknownLevel) {
  host.execute("DEMOLOG", "PRAGMA user_version = 7");
  auto finished = host.dfinstall({"update", host.release("1.10").string()});
  EXPECT_TRUE(ended(finished, 17, msg::level_newer));
  host.execute("DEMOLOG", "PRAGMA user_version = 1; CREATE TABLE MYTABLE(A); ALTER TABLE DEMOLOG ADD COLUMN MINE TEXT");
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()}), 17, msg::level_unknown));
  EXPECT_EQ(host.status()["version"], "1.00");
}

TEST_F(Check, LocksShowsHoldersWithPidUserAndLock) {
  Child holder({DFI_ENGINE, "lock", host.data("DEMOSTAT").string()});
  ASSERT_TRUE(holder.says("ready"));
  auto finished = host.dfinstall({"locks", "DEMOSTAT"});
  ASSERT_TRUE(ended(finished));
  EXPECT_THAT(finished.out, HasSubstr(std::to_string(holder.pid())));
  EXPECT_THAT(host.text({"locks"}).out, HasSubstr("DEMOSTAT"));
  EXPECT_THAT(host.text({"locks", "--lang", "de"}).out, HasSubstr("Prozess"));
}

TEST_F(Check, LocksOfOneFileShowsTheServiceThatHasItOpen) {
  const auto holders_of = [&](const std::string& asked) {
    const auto finished = host.dfinstall({"locks", asked});
    EXPECT_TRUE(ended(finished));
    return finished.json()["holders"];
  };
  const auto pid = host.service_pid("demod");
  for (const auto& asked : {std::string("DEMOSTAT"), host.data("DEMOSTAT").string()}) {
    const auto holders = holders_of(asked);
    ASSERT_EQ(holders.size(), 1u) << asked;
    EXPECT_EQ(holders[0]["name"], "service_holds");
    EXPECT_EQ(holders[0]["details"]["pid"], pid);
    EXPECT_EQ(holders[0]["details"]["object"], "DEMOSTAT");
  }
  EXPECT_EQ(holders_of("demod")[0]["details"]["pid"], pid);
  EXPECT_TRUE(holders_of("DEMOAREA").empty());
  EXPECT_THAT(host.text({"locks", "DEMOAREA"}).out, HasSubstr("DEMOAREA"));
  EXPECT_TRUE(ended(host.dfinstall({"locks", "DEMOSTATS"}), 4, msg::lock_object_unknown));
}

TEST_F(Check, AnOrdinaryUserIsToldWhatHeMayNotSee) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become an ordinary user";
  const auto program = host.directory() / "dfinstall";
  fs::copy_file(DFI_PROGRAM, program);
  fs::permissions(host.directory(), fs::perms(0755));
  const auto as_nobody = [&](const Words& arguments) {
    Words words{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
    const auto command = host.words(arguments, program);
    words.insert(words.end(), command.begin(), command.end());
    return run(words);
  };
  for (const Words& verb : {Words{"status"}, Words{"history"}, Words{"backup", "list"}, Words{"support"}, Words{"stop"},
                            Words{"uninstall", "--yes"}, Words{"update"}})
    EXPECT_TRUE(ended(as_nobody(verb), 5, msg::not_permitted)) << verb.front();
  const auto locks = as_nobody({"locks"});
  EXPECT_TRUE(ended(locks));
  EXPECT_THAT(locks.out, HasSubstr("processes_invisible"));
}

TEST_F(Check, PlanSaysWhatWouldHappen) {
  auto plan = host.dfinstall({"plan", host.release("1.10").string()});
  ASSERT_TRUE(ended(plan));
  for (const char* word : {"CVTLOG2", "CVTSTAT2", "CVTCONF2", "activate", "demod"})
    EXPECT_THAT(plan.out, HasSubstr(word));
  EXPECT_EQ(host.dfinstall({"plan", host.release("1.10").string()}).json()["digest"], plan.json()["digest"]);
}

}  // namespace
}  // namespace dfi::test
