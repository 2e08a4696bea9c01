// SPDX-License-Identifier: Apache-2.0
#include "core/journal.hpp"

#include "messages/run.hpp"
#include "tests/base/scratch.hpp"

namespace dfi::test {
namespace {

struct JournalTest : Scratch {
  Journal open() { return *Journal::open(path("journal.db"), true); }
};

TEST_F(JournalTest, IsNotCreatedByReading) {
  EXPECT_FALSE(Journal::open(path("journal.db"), false));
  EXPECT_FALSE(fs::exists(path("journal.db")));
}

TEST_F(JournalTest, KnowsTheUnfinishedRunAndItsOwner) {
  int id = 0;
  {
    auto journal = open();
    id = journal.begin_run("update", {{"release", "x.zip"}});
  }
  auto journal = open();
  auto run = journal.unfinished();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->id, id);
  EXPECT_EQ(run->inputs.at("release"), "x.zip");
  EXPECT_TRUE(run->owner.alive());
  journal.end_run(id, Outcome::rolled_back);
  EXPECT_FALSE(journal.unfinished());
  EXPECT_EQ(journal.run(id)->outcome, Outcome::rolled_back);
  EXPECT_LT(id, journal.begin_run("update", Json::object()));
  EXPECT_EQ(journal.runs().size(), 2u);
}

TEST_F(JournalTest, TheLastMarkOfAnItemCounts) {
  auto journal = open();
  const int id = journal.begin_run("update", Json::object());
  EXPECT_FALSE(journal.last_mark(id, "convert", "A"));
  for (const char* item : {"A", "B", "C"}) journal.mark(id, "convert", item, Mark::intent);
  journal.mark(id, "convert", "A", Mark::done);
  journal.mark(id, "convert", "B", Mark::reverting);
  journal.mark(id, "convert", "B", Mark::reverted);
  EXPECT_EQ(journal.last_mark(id, "convert", "A"), Mark::done);
  EXPECT_EQ(journal.last_mark(id, "convert", "C"), Mark::intent);
  EXPECT_EQ(journal.begun_items(id, "convert"), (std::vector<std::string>{"A", "C"}));
  EXPECT_FALSE(journal.last_mark(id, "convert", ""));
  EXPECT_FALSE(journal.last_mark(id + 1, "convert", "A"));
}

TEST_F(JournalTest, KeepsNotesAndTheJobLog) {
  auto journal = open();
  const int id = journal.begin_run("update", Json::object());
  journal.note(id, "backup", "first");
  journal.note(id, "backup", "second");
  EXPECT_EQ(journal.note(id, "backup"), Json("second"));
  EXPECT_FALSE(journal.note(id, "other"));
  journal.note(id, "name", "f\xFCr");
  EXPECT_EQ(journal.note(id, "name"), Json("f\xEF\xBF\xBDr"));
  journal.log(id, "warning", {msg::interrupted, {{"signal", "15"}}});
  auto log = journal.log_of(id);
  ASSERT_EQ(log.size(), 1u);
  EXPECT_EQ(log[0].level, "warning");
  EXPECT_EQ(text(log[0].message, Language::english), "Interrupted by signal 15.");
}

}  // namespace
}  // namespace dfi::test
