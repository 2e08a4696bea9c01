// SPDX-License-Identifier: Apache-2.0
// A done update is taken back until it is committed, and what the product wrote meanwhile is never lost silently.
#include <gmock/gmock.h>

#include <fstream>

#include "messages/in_place.hpp"
#include "messages/rollback.hpp"
#include "messages/run.hpp"
#include "tests/support/records.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

std::vector<Json> lines_of(const fs::path& path) {
  std::vector<Json> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

struct TakeBack : ::testing::Test {
  // DEMOLOG of 1.10 lets rows of one kind go back.
  void SetUp() override {
    const auto format = host.source("1.10") / "definitions/formats/DEMOLOG.2.toml";
    write(format, read_file(format) + "[[carry_over]]\ntable = \"DEMOLOG\"\nrequeue = \"LGTEXT LIKE 'job%'\"\n");
    ASSERT_NO_FATAL_FAILURE(host.install_100());
    old = host.state_now();
  }
  void update() { ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()}))); }
  Json carried(const Finished& finished, const std::string& file) {
    const auto document = finished.json();
    for (const auto& told : document.at("carry_over").at("files"))
      if (told.at("file") == file) return told;
    return Json::object();
  }
  Host host;
  Tree old;
};

TEST_F(TakeBack, BringsTheOldStateBackAsLongAsNothingWasWritten) {
  ASSERT_NO_FATAL_FAILURE(update());
  const auto status = host.status()["kept_update"];
  EXPECT_EQ(status["run"], 2);
  EXPECT_EQ(status["level"], "1.00");
  EXPECT_GT(status["bytes"], fs::file_size(host.shadow(2, "DEMOSTAT.original")));
  EXPECT_THAT(host.text({"status"}).out, HasSubstr("dfinstall commit"));
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(difference(old, host.state_now()), "");
  for (const char* service : {"demod", "demomon"}) EXPECT_NE(host.service_pid(service), 0) << service;
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  EXPECT_TRUE(host.status()["kept_update"].is_null());
  const auto now = host.status();
  for (const auto& file : now["data_files"]) EXPECT_EQ(file["level"], file["expected"].dump());
  EXPECT_TRUE(ended(host.tool({"add", "works"})));
  EXPECT_TRUE(ended(host.dfinstall({"rollback"}), 105, msg::nothing_to_take_back)) << "a second time";
  ASSERT_NO_FATAL_FAILURE(update());
  EXPECT_EQ(host.query("DEMOLOG", "SELECT count(*) FROM DEMOLOG"), "2");
}

TEST_F(TakeBack, RefusesWithCountsWhatWouldLoseRows) {
  ASSERT_NO_FATAL_FAILURE(update());
  host.execute("DEMOLOG",
               "INSERT INTO DEMOLOG VALUES(3, 'new', 3); UPDATE DEMOLOG SET LGSIZE = 9 WHERE LGID = 1;"
               "DELETE FROM DEMOLOG WHERE LGID = 2");
  const auto before = host.state_now();
  const auto finished = host.dfinstall({"rollback"});
  EXPECT_TRUE(ended(finished, 34, msg::written_after_open));
  ASSERT_EQ(finished.json()["written_since"].size(), 1u);
  const auto written = finished.json()["written_since"][0];
  EXPECT_EQ(written["file"], "DEMOLOG");
  for (const char* what : {"new", "changed", "deleted"}) EXPECT_EQ(written[what], 1) << what;
  EXPECT_EQ(finished.json()["ending"], "unchanged");
  EXPECT_THAT(host.text({"rollback"}).err, HasSubstr("DEMOLOG +1 ~1 -1"));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  EXPECT_EQ(host.status()["kept_update"]["run"], 2);
}

TEST_F(TakeBack, KeepsWhatWasWrittenToFilesThatTheUpdateDidNotConvert) {
  ASSERT_NO_FATAL_FAILURE(update());
  ASSERT_TRUE(ended(host.tool({"add", "since"})));
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(host.query("DEMOJOBS", "SELECT group_concat(JBTEXT) FROM DEMOJOBS"), "first,second,since");
}

TEST_F(TakeBack, DoesNotTakeATouchedFileForAWrittenOne) {
  ASSERT_NO_FATAL_FAILURE(update());
  host.execute("DEMOLOG", "INSERT INTO DEMOLOG VALUES(3, 'gone', 3); DELETE FROM DEMOLOG WHERE LGID = 3");
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(difference(old, host.state_now()), "");
}

TEST_F(TakeBack, ExportsEveryRowAndRequeuesThoseTheOldFileMayHave) {
  ASSERT_NO_FATAL_FAILURE(update());
  host.execute("DEMOLOG",
               "INSERT INTO DEMOLOG VALUES(3, 'job of the night', 16), (4, 'sent already', 12);"
               "UPDATE DEMOLOG SET LGTEXT = 'uno' WHERE LGID = 1; DELETE FROM DEMOLOG WHERE LGID = 2");
  const auto finished = host.dfinstall({"rollback", "--carry-over"});
  ASSERT_TRUE(ended(finished));
  EXPECT_EQ(host.status()["version"], "1.00");
  EXPECT_EQ(host.query("DEMOLOG", "SELECT group_concat(LGID || LGTEXT) FROM DEMOLOG"), "1one,2fünf,3job of the night");
  const auto told = carried(finished, "DEMOLOG");
  EXPECT_EQ(told["new"], 2);
  EXPECT_EQ(told["requeued"], 1);
  EXPECT_EQ(told["refused"], 0);
  EXPECT_EQ(told["lines"], host.state("carry-over/3/DEMOLOG.jsonl").string());
  const auto lines = lines_of(told["lines"].get<std::string>());
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0].dump(), R"({"table":"DEMOLOG","change":"deleted","key":{"LGID":2},"values":{"LGID":2,)"
                             R"("LGTEXT":"fünf","LGSIZE":4}})");
  EXPECT_EQ(lines[1].dump(), R"({"table":"DEMOLOG","change":"changed","key":{"LGID":1},"values":{"LGID":1,)"
                             R"("LGTEXT":"uno","LGSIZE":3},"before":{"LGID":1,"LGTEXT":"one","LGSIZE":3}})");
  EXPECT_EQ(lines[2].dump(), R"({"table":"DEMOLOG","change":"new","key":{"LGID":3},"values":{"LGID":3,)"
                             R"("LGTEXT":"job of the night","LGSIZE":16},"requeued":true})");
  EXPECT_EQ(lines[3].dump(), R"({"table":"DEMOLOG","change":"new","key":{"LGID":4},"values":{"LGID":4,)"
                             R"("LGTEXT":"sent already","LGSIZE":12}})");
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(TakeBack, ListsARowThatTheOldFileRefuses) {
  host.execute("DEMOLOG", "CREATE UNIQUE INDEX MINE ON DEMOLOG(LGTEXT)");
  ASSERT_NO_FATAL_FAILURE(update());
  host.execute("DEMOLOG", "DROP INDEX MINE; INSERT INTO DEMOLOG VALUES(3, 'job', 3), (4, 'job', 3)");
  const auto finished = host.dfinstall({"rollback", "--carry-over"});
  ASSERT_TRUE(ended(finished));
  EXPECT_EQ(host.query("DEMOLOG", "SELECT group_concat(LGID) FROM DEMOLOG"), "1,2,3");
  EXPECT_EQ(carried(finished, "DEMOLOG")["refused"], 1);
  const auto lines = lines_of(host.state("carry-over/3/DEMOLOG.jsonl"));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1]["requeued"], false);
  EXPECT_THAT(lines[1]["reason"].get<std::string>(), HasSubstr("UNIQUE"));
}

TEST_F(TakeBack, SavesWhatAPersonChangedInTheNewConfiguration) {
  const auto before = read_file(host.config("demo.toml"));
  ASSERT_NO_FATAL_FAILURE(update());
  replace_in(host.config("demo.toml"), "\"25\"", "\"587\"");
  EXPECT_TRUE(ended(host.dfinstall({"rollback"}), 34, msg::written_after_open));
  const auto finished = host.dfinstall({"rollback", "--carry-over"});
  ASSERT_TRUE(ended(finished));
  EXPECT_EQ(read_file(host.config("demo.toml")), before);
  const auto told = carried(finished, "DEMOCONF");
  EXPECT_THAT(read_file(told["copy"].get<std::string>()), HasSubstr("port = \"587\""));
  EXPECT_EQ(lines_of(told["lines"].get<std::string>())[0].dump(),
            R"({"change":"changed","key":"port","values":"587","before":"25"})");
}

TEST_F(TakeBack, CommitEndsIt) {
  write(host.root() / "etc/opt/dfinstall/dfinstall.toml", "keep_generations = 1\n");
  ASSERT_NO_FATAL_FAILURE(update());
  EXPECT_TRUE(fs::exists(host.saved("releases/1.00.g1"))) << "it is needed for the way back";
  const auto before = host.state_now();
  ASSERT_TRUE(ended(host.dfinstall({"commit"})));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_TRUE(host.status()["kept_update"].is_null());
  EXPECT_FALSE(fs::exists(host.saved("releases/1.00.g1")));
  EXPECT_FALSE(fs::exists(host.shadow(2, "")));
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  EXPECT_TRUE(ended(host.dfinstall({"rollback"}), 105, msg::nothing_to_take_back));
  EXPECT_TRUE(ended(host.dfinstall({"commit"}), 105, msg::nothing_to_commit));
}

TEST_F(TakeBack, TheNextUpdateSupersedesTheOneBefore) {
  ASSERT_NO_FATAL_FAILURE(update());
  auto next = host.directory() / "vendor/1.20";
  fs::copy(host.source("1.10"), next, fs::copy_options::recursive);
  replace_in(next / "product.toml", "version = \"1.10\"", "version = \"1.20\"");
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.20").string()})));
  EXPECT_EQ(host.status()["kept_update"]["level"], "1.10");
  EXPECT_FALSE(fs::exists(host.shadow(2, "")));
  EXPECT_THAT(host.log_names(), HasSubstr("update_ended"));
  host.execute("DEMOLOG", "INSERT INTO DEMOLOG VALUES(3, 'stays', 5)");
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(host.status()["version"], "1.10");
  EXPECT_EQ(host.query("DEMOLOG", "SELECT count(*) FROM DEMOLOG"), "3");
}

TEST_F(TakeBack, BringsThePtfStackOfTheOldReleaseBack) {
  ASSERT_NO_FATAL_FAILURE(update());
  ASSERT_TRUE(ended(host.dfinstall({"commit"})));
  ASSERT_TRUE(ended(host.dfinstall({"ptf", "apply", host.ptf("HOT1").string()})));
  auto next = host.directory() / "vendor/1.20";
  fs::copy(host.source("1.10"), next, fs::copy_options::recursive);
  replace_in(next / "product.toml", "version = \"1.10\"", "version = \"1.20\"");
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.20").string()})));
  EXPECT_EQ(host.status()["level"], "1.20");
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(host.status()["level"], "1.10+HOT1");
  EXPECT_TRUE(ended(host.dfinstall({"ptf", "remove", "HOT1"})));
}

TEST_F(TakeBack, NamesAnOriginalThatIsMissingOrChanged) {
  ASSERT_NO_FATAL_FAILURE(update());
  const auto original = host.shadow(2, "DEMOSTAT.original");
  const auto aside = host.directory() / "aside";
  fs::rename(original, aside);
  const auto before = host.state_now();
  for (const bool missing : {false, true}) {
    write(original, "damaged");
    if (missing) fs::remove(original);
    const auto finished = host.dfinstall({"rollback", "--carry-over"});
    EXPECT_TRUE(ended(finished, 21, msg::kept_damaged));
    EXPECT_EQ(finished.json()["error"]["args"]["path"], original.string());
    EXPECT_THAT(finished.json()["error"]["recovery"].get<std::string>(), HasSubstr("backup restore 20"));
    EXPECT_EQ(difference(before, host.state_now()), "");
  }
  fs::rename(aside, original);
  ASSERT_TRUE(ended(host.dfinstall({"rollback"}))) << "its digest says that it is the same";
  EXPECT_EQ(difference(old, host.state_now()), "");
}

TEST_F(TakeBack, LeavesTheNewReleaseWhereTheOldOneNoLongerStarts) {
  ASSERT_NO_FATAL_FAILURE(update());
  host.execute("DEMOLOG", "INSERT INTO DEMOLOG VALUES(3, 'job', 3)");
  const auto before = host.state_now();
  const auto behaviour = host.saved("releases/1.00.g1/share/behaviour.txt");
  write(behaviour, "fail-start\n");
  EXPECT_EQ(host.dfinstall({"rollback", "--carry-over"}).exit, 33);
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
  write(behaviour, "well\n");
  ASSERT_TRUE(ended(host.dfinstall({"rollback", "--carry-over"})));
  EXPECT_EQ(host.query("DEMOLOG", "SELECT group_concat(LGID) FROM DEMOLOG"), "1,2,3");
}

TEST(TakeBackOfRecords, CopiesRecordFilesWholeAndKeepsRowsOfAFileChangedInPlace) {
  Host host;
  add_records(host);
  ASSERT_NO_FATAL_FAILURE(host.install_100());
  fill_records(host, 100);
  host.execute("DEMOTAGS", "INSERT INTO DEMOTAGS(TGTEXT) VALUES('one')");
  const auto records = read_file(host.data("DEMORECS"));
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
  const auto written = read_file(host.data("DEMORECS")) + read_file(host.data("DEMORECS")).substr(0, 48);
  write(host.data("DEMORECS"), written);
  host.execute("DEMOTAGS",
               "INSERT INTO DEMOTAGS(TGTEXT) VALUES('two'); UPDATE DEMOTAGS SET TGCOLOR='red' WHERE TGID=1");
  EXPECT_TRUE(ended(host.dfinstall({"rollback"}), 34, msg::written_after_open));
  const auto finished = host.dfinstall({"rollback", "--carry-over"});
  ASSERT_TRUE(ended(finished));
  EXPECT_EQ(read_file(host.data("DEMORECS")), records);
  EXPECT_EQ(read_file(host.state("carry-over/4/DEMORECS")), written);
  EXPECT_EQ(host.query("DEMOTAGS", "SELECT group_concat(TGTEXT) FROM DEMOTAGS"), "one,two");
  const auto lines = lines_of(host.state("carry-over/4/DEMOTAGS.jsonl"));
  ASSERT_EQ(lines.size(), 1u) << "only what the old level has no place for";
  EXPECT_EQ(lines[0]["values"]["TGCOLOR"], "red");
}

TEST(TakeBackInPlace, NamesTheObjectOfAUserThatStandsInTheWay) {
  Host host;
  add_records(host);
  ASSERT_NO_FATAL_FAILURE(host.install_100());
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
  const auto column =
      host.query("DEMOTAGS", "SELECT name FROM pragma_table_info('DEMOTAGS') ORDER BY cid DESC LIMIT 1");
  host.execute("DEMOTAGS", "CREATE INDEX MINE ON DEMOTAGS(" + column + ")");
  const auto refused = host.dfinstall({"rollback"});
  ASSERT_TRUE(ended(refused, 11, msg::dependents_in_way));
  EXPECT_EQ(refused.json()["ending"], "unchanged");
  EXPECT_EQ(refused.json()["error"]["args"]["path"], host.data("DEMOTAGS").string());
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  EXPECT_EQ(host.status()["kept_update"]["run"], 2) << "it can be taken back still";
  host.execute("DEMOTAGS", refused.json()["error"]["args"]["sql"].get<std::string>());
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
}

}  // namespace
}  // namespace dfi::test
