// SPDX-License-Identifier: Apache-2.0
// A done first installation that took old data files over is taken back until it is committed: they come back as they
// were, and the product goes.
#include <gmock/gmock.h>

#include "base/file.hpp"
#include "messages/conversion.hpp"
#include "messages/rollback.hpp"
#include "messages/uninstall.hpp"
#include "tests/support/records.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

struct FirstTakeBack : ::testing::Test {
  // Data files of 1.00 with owners, attributes and a hard link of their own, no product; one file is not there yet.
  void SetUp() override {
    add_records(host);
    const auto format = host.source("1.10") / "definitions/formats/DEMOLOG.2.toml";
    write(format, read_file(format) + "[[carry_over]]\ntable = \"DEMOLOG\"\nrequeue = \"LGTEXT LIKE 'job%'\"\n");
    for (const char* name : {"kept.conf", "own.conf"})
      write(host.source("1.10") / "objects/lib/host/etc/demo" / name, "delivered\n");
    ASSERT_NO_FATAL_FAILURE(host.install_100());
    ASSERT_NO_FATAL_FAILURE(fill_records(host, 100));
    host.execute("DEMOTAGS", "INSERT INTO DEMOTAGS(TGTEXT) VALUES('one')");
    ASSERT_TRUE(ended(host.dfinstall({"uninstall", "--yes"})));
    fs::create_hard_link(host.data("DEMORECS"), host.data("RECORDS.hard"));
    fs::remove(host.data("DEMOAREA"));
    fs::remove_all(host.root() / "srv/demo");
    host.mark_data_files();
    write(host.root() / "etc/demo/own.conf", "by hand\n");
    old = host.state_now();
    status = host.status();
  }
  void install() { ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()}))); }
  int last_run() { return host.dfinstall({"history"}).json().at("runs").at(0).at("id").get<int>(); }
  /// Empty if nothing of the product is left, and the data are what they were.
  std::string not_as_before() {
    auto wrong = difference(old, host.state_now()) + left_overs(host.root(), host.product());
    for (const auto& place : {host.root() / "opt" / host.product(), host.state("definitions"), host.state("kept"),
                              host.root() / "etc/demo/kept.conf", host.root() / "etc/demo/own.conf.dfnew"})
      if (fs::exists(place) && !(fs::is_directory(place) && fs::is_empty(place))) wrong += place.string() + "\n";
    for (const char* service : {"demod", "demomon"})
      if (host.service_pid(service) != 0) wrong += std::string(service) + " runs\n";
    auto now = host.status(), then = status;
    for (auto* document : {&now, &then}) document->erase("backup");  // the installation made one, which stays
    return wrong + (now == then ? "" : "status: " + now.dump() + "\n");
  }
  Host host;
  Tree old;
  Json status;
};

TEST_F(FirstTakeBack, BringsTheOldDataFilesBackAndTakesTheProductAway) {
  ASSERT_NO_FATAL_FAILURE(install());
  const auto run = last_run();
  const auto kept = host.status()["kept_update"];
  EXPECT_EQ(kept["run"], run);
  EXPECT_EQ(kept["level"], "");
  EXPECT_EQ(kept["generation"], "");
  EXPECT_GE(kept["bytes"], fs::file_size(host.shadow(run, "DEMOSTAT.original")) +
                               fs::file_size(host.shadow(run, "DEMORECS.original")));
  EXPECT_LT(kept["bytes"], tree_size(host.root() / "opt") + tree_size(host.data())) << "the product is none of it";
  EXPECT_THAT(host.text({"status"}).out, HasSubstr("dfinstall rollback"));
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(not_as_before(), "");
  EXPECT_EQ(read_file(host.root() / "etc/demo/own.conf"), "by hand\n");
  EXPECT_TRUE(ended(host.dfinstall({"rollback"}), 105, msg::nothing_to_take_back)) << "a second time";
  ASSERT_NO_FATAL_FAILURE(install());
  EXPECT_EQ(host.query("DEMOLOG", "SELECT count(*) FROM DEMOLOG"), "2");
  EXPECT_NE(host.service_pid("demod"), 0);
  ASSERT_TRUE(ended(host.dfinstall({"rollback"}))) << "and back again";
  EXPECT_EQ(not_as_before(), "");
}

TEST_F(FirstTakeBack, PlansTheSpaceOfBothStates) {
  const auto document = host.dfinstall({"plan", host.release("1.10").string()}).json();
  std::uintmax_t beside = 0, needed = 0;
  for (const auto& file : document.at("plan").at("data_files")) {
    if (file.at("conversions").empty() || file.at("in_place") == true) continue;
    EXPECT_GE(file.at("space"), file.at("bytes_after")) << file.at("file") << ": the old file stays until commit";
    beside += file.at("space").get<std::uintmax_t>();
  }
  for (const auto& finding : document.at("findings"))
    if (finding.contains("details") && finding.at("details").contains("needed"))
      needed += finding.at("details").at("needed").get<std::uintmax_t>();
  EXPECT_GT(beside, 0u);
  EXPECT_GT(needed, beside);
}

TEST_F(FirstTakeBack, RefusesWithCountsWhatWouldLoseRows) {
  ASSERT_NO_FATAL_FAILURE(install());
  host.execute("DEMOLOG", "INSERT INTO DEMOLOG VALUES(3, 'new', 3); DELETE FROM DEMOLOG WHERE LGID = 2");
  write(host.data("DEMOAREA"), std::string(99, ' ') + "X");
  const auto before = host.state_now();
  const auto finished = host.dfinstall({"rollback"});
  EXPECT_TRUE(ended(finished, 34, msg::written_after_open));
  const auto document = finished.json();
  EXPECT_EQ(document.at("ending"), "unchanged");
  std::string files;
  for (const auto& file : document.at("written_since")) files += file["file"].get<std::string>() + " ";
  EXPECT_THAT(files, HasSubstr("DEMOLOG "));
  EXPECT_THAT(files, HasSubstr("DEMOAREA ")) << "the installation made it, and the product wrote to it";
  EXPECT_THAT(host.text({"rollback"}).err, HasSubstr("DEMOLOG +1 ~0 -1"));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(FirstTakeBack, ExportsWhatWasWrittenSinceAndRequeuesIt) {
  ASSERT_NO_FATAL_FAILURE(install());
  host.execute("DEMOLOG", "INSERT INTO DEMOLOG VALUES(3, 'job', 3), (4, 'sent already', 12)");
  const auto area = std::string(99, ' ') + "X";
  write(host.data("DEMOAREA"), area);
  const auto finished = host.dfinstall({"rollback", "--carry-over"});
  ASSERT_TRUE(ended(finished));
  const auto document = finished.json();
  for (const auto& told : document.at("carry_over").at("files")) {
    if (told["file"] != "DEMOLOG") continue;
    EXPECT_EQ(told["new"], 2);
    EXPECT_EQ(told["requeued"], 1);
    EXPECT_THAT(read_file(told["lines"].get<std::string>()), HasSubstr("sent already"));
  }
  EXPECT_EQ(read_file(host.state("carry-over") / std::to_string(last_run()) / "DEMOAREA"), area);
  EXPECT_EQ(host.query("DEMOLOG", "SELECT group_concat(LGTEXT) FROM DEMOLOG"), "one,fünf,job");
  EXPECT_FALSE(fs::exists(host.data("DEMOAREA")));
  EXPECT_FALSE(fs::exists(host.root() / "opt" / host.product()));
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  EXPECT_TRUE(host.status()["version"].is_null());
}

TEST_F(FirstTakeBack, BringsBackWhatAnAbortedInstallationWentOnWith) {
  host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()}), 30, msg::verify_failed));
  host.execute("DEMOSTAT", "UPDATE DEMOSTAT SET STDAT = '20200813' WHERE STID = 9");
  old = host.state_now();
  ASSERT_TRUE(ended(host.dfinstall({"resume"})));
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(not_as_before(), "");
}

TEST_F(FirstTakeBack, CommitEndsIt) {
  ASSERT_NO_FATAL_FAILURE(install());
  const auto run = last_run();
  const auto before = host.state_now();
  ASSERT_TRUE(ended(host.dfinstall({"commit"})));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_FALSE(fs::exists(host.shadow(run, "")));
  EXPECT_TRUE(host.status()["kept_update"].is_null());
  EXPECT_THAT(host.log_names(), HasSubstr("data_ended"));
  EXPECT_TRUE(ended(host.dfinstall({"rollback"}), 105, msg::nothing_to_take_back));
  EXPECT_TRUE(ended(host.dfinstall({"commit"}), 105, msg::nothing_to_commit));
}

TEST_F(FirstTakeBack, TheNextUpdateSupersedesIt) {
  ASSERT_NO_FATAL_FAILURE(install());
  const auto run = last_run();
  fs::copy(host.source("1.10"), host.directory() / "vendor/1.20", fs::copy_options::recursive);
  replace_in(host.directory() / "vendor/1.20/product.toml", "version = \"1.10\"", "version = \"1.20\"");
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.20").string()})));
  EXPECT_FALSE(fs::exists(host.shadow(run, "")));
  EXPECT_EQ(host.status()["kept_update"]["level"], "1.10");
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(host.status()["version"], "1.10");
  EXPECT_TRUE(ended(host.dfinstall({"rollback"}), 105, msg::nothing_to_take_back));
}

TEST_F(FirstTakeBack, UninstallEndsItAndKeepsTheNewDataFiles) {
  ASSERT_NO_FATAL_FAILURE(install());
  const auto run = last_run();
  ASSERT_TRUE(ended(host.dfinstall({"uninstall", "--yes"})));
  EXPECT_FALSE(fs::exists(host.shadow(run, "")));
  EXPECT_EQ(host.query("DEMOLOG", "PRAGMA user_version"), "2");
  EXPECT_TRUE(ended(host.dfinstall({"rollback"}), 105, msg::nothing_to_take_back));
}

TEST_F(FirstTakeBack, NamesAnOriginalThatIsMissingAndTheBackupThatHoldsIt) {
  ASSERT_NO_FATAL_FAILURE(install());
  fs::remove(host.shadow(last_run(), "DEMOSTAT.original"));
  const auto before = host.state_now();
  const auto finished = host.dfinstall({"rollback"});
  EXPECT_TRUE(ended(finished, 21, msg::kept_data_damaged));
  const auto id = host.dfinstall({"backup", "list"}).json()["backups"].front()["id"].get<std::string>();
  EXPECT_THAT(finished.json()["error"]["recovery"].get<std::string>(), HasSubstr("backup restore " + id));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
}

TEST_F(FirstTakeBack, IsRefusedWhileSomebodyHoldsADataFile) {
  ASSERT_NO_FATAL_FAILURE(install());
  const auto before = host.state_now();
  Child holder({DFI_ENGINE, "open", host.data("DEMOSTAT").string()});
  ASSERT_TRUE(holder.says("ready"));
  EXPECT_EQ(host.dfinstall({"rollback"}).exit, 10);
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
}

// Nothing is kept for it: what it made is new, and uninstall takes the same away.
void expect_refused(const Host& host) {
  const auto before = host.state_now();
  EXPECT_TRUE(host.status()["kept_update"].is_null());
  const auto refused = host.dfinstall({"rollback"});
  EXPECT_TRUE(ended(refused, 105, msg::nothing_to_take_back));
  EXPECT_THAT(refused.json()["error"]["recovery"].get<std::string>(), HasSubstr("dfinstall uninstall"));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
}

TEST(FirstTakeBackOfNothing, NamesUninstallAndChangesNothing) {
  Host host;
  ASSERT_NO_FATAL_FAILURE(host.install_100());
  expect_refused(host);
}

TEST(FirstTakeBackOfNothing, IsTheSameForDataFilesThatWereTakenOverAsTheyAre) {
  Host host;
  ASSERT_NO_FATAL_FAILURE(host.install_100());
  ASSERT_TRUE(ended(host.dfinstall({"uninstall", "--yes"})));
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.00").string()})));
  expect_refused(host);
}

}  // namespace
}  // namespace dfi::test
