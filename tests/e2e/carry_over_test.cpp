// SPDX-License-Identifier: Apache-2.0
// What the new release did since its users came back, when its update is taken back: the old files follow what they
// can, jobs go back with all that belongs to them, and a file that the old release does not know is listed and set
// aside.
#include <gmock/gmock.h>

#include <fstream>

#include "messages/rollback.hpp"
#include "messages/run.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

constexpr auto mail_format = R"(file = "DEMOMAIL"
level = @
kind = "sqlite"
journal_mode = "wal"
schema = """
CREATE TABLE MAIL(MLID INTEGER PRIMARY KEY AUTOINCREMENT, MLSTAT TEXT NOT NULL);
CREATE TABLE RCPT(RCML INTEGER NOT NULL REFERENCES MAIL(MLID) ON DELETE CASCADE, RCADDR TEXT NOT NULL, PRIMARY KEY(RCML, RCADDR)) WITHOUT ROWID;
"""
)";
constexpr auto mail_carried = R"toml([[carry_over]]
table = "MAIL"
requeue = "MLSTAT = 'queued'"
follow = ["MLSTAT"]
[[carry_over]]
table = "RCPT"
requeue = "RCML IN(SELECT MLID FROM MAIL WHERE MLSTAT = 'queued')"
)toml";
constexpr auto mail_1_to_2 = R"(name = "CVTMAIL2"
file = "DEMOMAIL"
from = 1
to = 2
kind = "sqlite"
mode = "fresh"
convert = """
INSERT INTO main.MAIL SELECT * FROM old.MAIL;
INSERT INTO main.RCPT SELECT * FROM old.RCPT;
"""
[[verify]]
name = "every mail is there"
sql = "SELECT MLID FROM old.MAIL EXCEPT SELECT MLID FROM main.MAIL"
)";
constexpr auto fresh_format = R"toml(file = "DEMONEW"
level = 1
kind = "sqlite"
schema = "CREATE TABLE NEWS(NWID INTEGER PRIMARY KEY, NWTEXT TEXT);"
)toml";

struct CarryOver : ::testing::Test {
  // DEMOMAIL is converted by the update, DEMONEW is made by it.
  void SetUp() override {
    for (const char* version : {"1.00", "1.10"}) {
      const auto source = host.source(version);
      const bool newer = std::string(version) == "1.10";
      add_file(source, "DEMOMAIL", newer ? "2" : "1");
      write(source / "definitions/formats/DEMOMAIL.1.toml", format("1"));
      if (!newer) continue;
      write(source / "definitions/formats/DEMOMAIL.2.toml", format("2") + mail_carried);
      write(source / "definitions/1.10/CVTMAIL2.toml", mail_1_to_2);
      add_file(source, "DEMONEW", "1");
      write(source / "definitions/formats/DEMONEW.1.toml", fresh_format);
    }
    ASSERT_NO_FATAL_FAILURE(host.install_100());
    host.execute("DEMOMAIL",
                 "INSERT INTO MAIL VALUES(1, 'queued'), (2, 'queued'), (3, 'queued');"
                 "INSERT INTO RCPT VALUES(1, 'a@example.com'), (2, 'b@example.com'), (3, 'c@example.com')");
    old = host.state_now();
  }
  static std::string format(const std::string& level) {
    std::string text = mail_format;
    return text.replace(text.find('@'), 1, level);
  }
  void add_file(const fs::path& source, const std::string& name, const std::string& level) const {
    write(source / "product.toml", read_file(source / "product.toml") + "\n[[data_files]]\nname = \"" + name +
                                       "\"\nkind = \"sqlite\"\npath = \"var/opt/" + host.product() + "/" + name +
                                       "\"\nlevel = " + level + "\n");
  }
  void update() { ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()}))); }
  /// Rolls back with --carry-over; what it told about this file.
  Json carried(const std::string& file) {
    const auto finished = host.dfinstall({"rollback", "--carry-over"});
    EXPECT_TRUE(ended(finished));
    const auto document = finished.json();
    for (const auto& told : document.at("carry_over").at("files"))
      if (told.at("file") == file) return told;
    return Json::object();
  }
  static std::vector<Json> lines_of(const Json& told) {
    std::vector<Json> lines;
    std::ifstream in(told.at("lines").get<std::string>());
    for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
    return lines;
  }
  std::string mails() { return host.query("DEMOMAIL", "SELECT group_concat(MLID || MLSTAT) FROM MAIL"); }
  std::string recipients() { return host.query("DEMOMAIL", "SELECT group_concat(RCML || RCADDR) FROM RCPT"); }
  Host host;
  Tree old;
};

TEST_F(CarryOver, LetsTheOldFileFollowWhatWasDoneAndDeletedSince) {
  ASSERT_NO_FATAL_FAILURE(update());
  host.execute(
      "DEMOMAIL",
      "PRAGMA foreign_keys = ON; UPDATE MAIL SET MLSTAT = 'sent' WHERE MLID = 1; DELETE FROM MAIL WHERE MLID = 2");
  EXPECT_TRUE(ended(host.dfinstall({"rollback"}), 34, msg::written_after_open));
  auto told = carried("DEMOMAIL");
  EXPECT_EQ(host.status()["version"], "1.00");
  EXPECT_EQ(mails(), "1sent,3queued") << "nothing is done once more, nothing comes again";
  EXPECT_EQ(recipients(), "1a@example.com,3c@example.com");
  EXPECT_EQ(told["changed"], 1);
  EXPECT_EQ(told["deleted"], 2);
  EXPECT_EQ(told["followed"], 2);
  EXPECT_EQ(told["refused"], 0);
  const auto lines = lines_of(told);
  ASSERT_EQ(lines.size(), 3u);
  for (const auto& line : lines) EXPECT_EQ(line.value("followed", false), line["table"] == "MAIL") << line.dump();
}

TEST_F(CarryOver, PutsAJobBackWithItsRecipientsOrListsAllOfIt) {
  host.execute("DEMOMAIL",
               "CREATE TRIGGER MINE BEFORE INSERT ON RCPT WHEN NEW.RCADDR LIKE '%@example.org' BEGIN "
               "SELECT RAISE(ABORT, 'not to there'); END");
  ASSERT_NO_FATAL_FAILURE(update());
  host.execute(
      "DEMOMAIL",
      "DROP TRIGGER MINE; INSERT INTO MAIL VALUES(4, 'queued'), (5, 'queued'), (6, 'sent');"
      "INSERT INTO RCPT VALUES(4, 'd@example.com'), (5, 'e@example.com'), (5, 'e@example.org'), (6, 'f@example.com')");
  auto told = carried("DEMOMAIL");
  EXPECT_EQ(mails(), "1queued,2queued,3queued,4queued");
  EXPECT_THAT(recipients(), HasSubstr("4d@example.com"));
  EXPECT_THAT(recipients(), ::testing::Not(HasSubstr("5e@example.com")));
  EXPECT_EQ(told["new"], 7);
  EXPECT_EQ(told["requeued"], 2);
  EXPECT_EQ(told["refused"], 3);
  int of_five = 0;
  for (const auto& line : lines_of(told))
    if (line["values"].value("MLID", 0) == 5 || line["values"].value("RCML", 0) == 5) {
      ++of_five;
      EXPECT_EQ(line["requeued"], false);
      EXPECT_THAT(line["reason"].get<std::string>(), HasSubstr("not to there"));
    }
  EXPECT_EQ(of_five, 3) << "the mail and both recipients";
  host.execute("DEMOMAIL", "INSERT INTO MAIL(MLSTAT) VALUES('queued')");
  EXPECT_EQ(host.query("DEMOMAIL", "SELECT max(MLID) FROM MAIL"), "7") << "5 and 6 were given already";
}

TEST_F(CarryOver, RemovesAFileThatOnlyTheNewReleaseKnowsIfNobodyWroteToIt) {
  ASSERT_NO_FATAL_FAILURE(update());
  ASSERT_TRUE(fs::exists(host.data("DEMONEW")));
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_FALSE(fs::exists(host.data("DEMONEW")));
  EXPECT_EQ(difference(old, host.state_now()), "");
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(CarryOver, ListsWhatIsInAFileThatOnlyTheNewReleaseKnows) {
  ASSERT_NO_FATAL_FAILURE(update());
  host.execute("DEMONEW", "INSERT INTO NEWS VALUES(1, 'first'), (2, 'second')");
  const auto refused = host.dfinstall({"rollback"});
  EXPECT_TRUE(ended(refused, 34, msg::written_after_open));
  EXPECT_EQ(refused.json()["written_since"][0]["file"], "DEMONEW");
  EXPECT_EQ(refused.json()["written_since"][0]["new"], 2);
  EXPECT_EQ(host.query("DEMONEW", "SELECT count(*) FROM NEWS"), "2");
  auto told = carried("DEMONEW");
  EXPECT_EQ(told["requeued"], 0);
  const auto lines = lines_of(told);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1].dump(),
            R"({"table":"NEWS","change":"new","key":{"NWID":2},"values":{"NWID":2,"NWTEXT":"second"}})");
  EXPECT_FALSE(fs::exists(host.data("DEMONEW")));
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  ASSERT_NO_FATAL_FAILURE(update());
  EXPECT_EQ(host.query("DEMONEW", "SELECT count(*) FROM NEWS"), "0") << "the next update makes it anew";
}

TEST_F(CarryOver, GivesTheFileBackIfTheOldReleaseDoesNotStart) {
  ASSERT_NO_FATAL_FAILURE(update());
  host.execute("DEMONEW", "INSERT INTO NEWS VALUES(1, 'first')");
  host.execute("DEMOMAIL", "INSERT INTO MAIL VALUES(4, 'queued')");
  const auto before = host.state_now();
  write(host.saved("releases/1.00.g1/share/behaviour.txt"), "fail-start\n");
  EXPECT_EQ(host.dfinstall({"rollback", "--carry-over"}).exit, 33);
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_EQ(host.query("DEMONEW", "SELECT NWTEXT FROM NEWS"), "first");
}

}  // namespace
}  // namespace dfi::test
