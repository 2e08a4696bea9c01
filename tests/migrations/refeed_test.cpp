// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "messages/feed.hpp"
#include "tests/migrations/box.hpp"
#include "tests/migrations/in_german.hpp"
#include "tests/migrations/ledger.hpp"

namespace dfi::migrations {
namespace {

using testing::HasSubstr;

struct Refeed : Ledger {
  Catalogue::Result feed(int from, int to) {
    return catalogue().refeed(file, from, to, bench.root() / "LEDGER.rejects", shadow, {}, listener);
  }
  Listener listener;
};

TEST_F(Refeed, PutsRecordsWhereTheirKeyBelongs) {
  bench.write("LEDGER", records_of(3, 1, 3) + records_of(3, 6, 8));
  bench.write("LEDGER.rejects", record(1, 4) + record(1, 5));
  const auto result = feed(1, 3);
  EXPECT_EQ(result.rows_before, 6u);
  EXPECT_EQ(result.rows_after, 8u);
  EXPECT_EQ(read_file(shadow), records_of(3, 1, 8));
}

TEST_F(Refeed, AppendsWhereTheFileHasNoOrder) {
  bench.write("LEDGER", record(3, 7) + record(3, 2));
  bench.write("LEDGER.rejects", record(1, 4));
  feed(1, 3);
  EXPECT_EQ(read_file(shadow), record(3, 7) + record(3, 2) + record(3, 4));
}

TEST_F(Refeed, TakesNothingIfAKeyIsThereAlready) {
  bench.write("LEDGER", records_of(3, 1, 5));
  bench.write("LEDGER.rejects", record(1, 9) + record(1, 4));
  auto error = error_of([&] { feed(1, 3); });
  EXPECT_EQ(error.message().id, msg::rejects_there);
  EXPECT_EQ(error.arg("record"), "4");
  EXPECT_EQ(error.arg("fed"), "2") << "who repairs it needs its place in the file of rejects";
  EXPECT_EQ(error.arg("path"), (bench.root() / "LEDGER.rejects").string());
  EXPECT_FALSE(fs::exists(shadow));
}

TEST_F(Refeed, SaysInTheLanguageOfTheReaderWhyNothingWasTaken) {
  bench.write("LEDGER", records_of(3, 1, 5));
  bench.write("LEDGER.rejects", record(3, 8) + record(3, 9) + record(3, 8));
  const auto error = error_of([&] { feed(3, 3); });
  EXPECT_EQ(error.message().id, msg::refeed_failed);
  const auto path = (bench.root() / "LEDGER.rejects").string();
  EXPECT_EQ(error.arg("reason"), "record 3 of " + path + " has the key of one before it");
  EXPECT_EQ(german(error), "Satz 3 von " + path + " hat den Schlüssel eines Satzes davor");
}

TEST_F(Refeed, InsertsIntoADatabase) {
  bench.write("OLD", records_of(1, 1, 5));
  migrations::convert(catalogue(), {"LEDGER", bench.root() / "OLD"}, 1, 4, file.path);
  bench.sql("LEDGER", "CREATE VIEW MINE AS SELECT count(*) AS N FROM LEDGER");
  bench.write("LEDGER.rejects", record(1, 9));
  const auto result = feed(1, 4);
  EXPECT_EQ(result.rows_after, 6u);
  EXPECT_EQ(value(shadow, "SELECT LGCENT || LGNAME FROM LEDGER WHERE LGID = 9"), "925Müller 9");
  EXPECT_EQ(value(shadow, "SELECT N FROM MINE"), "6") << "what a user made is still there";
  EXPECT_EQ(value(file.path, "SELECT count(*) FROM LEDGER"), "5");
}

TEST_F(Refeed, NamesTheKeyThatADatabaseHasAlready) {
  bench.write("OLD", records_of(1, 1, 5));
  migrations::convert(catalogue(), {"LEDGER", bench.root() / "OLD"}, 1, 4, file.path);
  bench.write("LEDGER.rejects", record(1, 5));
  EXPECT_THAT(error_of([&] { feed(1, 4); }).arg("reason"), HasSubstr("LEDGER.LGID"));
  EXPECT_FALSE(fs::exists(shadow));
}

TEST_F(Refeed, RefusesAFileThatEndsInsideARecord) {
  bench.write("LEDGER", records_of(3, 1, 5) + "x");
  bench.write("LEDGER.rejects", record(3, 9));
  EXPECT_EQ(error_of([&] { feed(3, 3); }).message().id, msg::level_unknown);
  bench.write("LEDGER", records_of(3, 1, 5));
  bench.write("LEDGER.rejects", record(3, 9) + record(3, 10).substr(0, 57));
  const auto error = error_of([&] { feed(3, 3); });
  EXPECT_EQ(error.message().id, msg::rejects_ragged);
  EXPECT_EQ(error.arg("rest"), "57");
  EXPECT_FALSE(fs::exists(shadow));
}

TEST_F(Refeed, NamesEveryRecordThatWasNotRepaired) {
  bench.write("LEDGER", records_of(3, 1, 5));
  bench.write("LEDGER.rejects",
              record(1, 8, "2020-08-11", "X") + record(1, 9) + record(1, 10, "2020-08-11", "Y") + record(1, 9));
  const auto error = error_of([&] { feed(1, 3); });
  EXPECT_EQ(error.message().id, msg::rejects_still_bad);
  EXPECT_EQ(error.arg("count"), "3");
  ASSERT_EQ(listener.refusals.size(), 3u);
  EXPECT_EQ(listener.refusals[0].record, 1u);
  EXPECT_EQ(listener.refusals[0].field, "LGKIND");
  EXPECT_EQ(listener.refusals[1].record, 3u);
  EXPECT_EQ(listener.refusals[1].offset, 2u * 40 + 35);
  EXPECT_EQ(listener.refusals[2].kind, "duplicate_key");
  EXPECT_FALSE(fs::exists(shadow));
}

/// Level 4 with a table of notes that numbers its rows itself, and one whose rows have the number of the record.
struct RefeedOfChildren : Refeed {
  void SetUp() override {
    auto format = std::string(ledger_4), load = std::string(ledger_3_to_4);
    format.insert(format.find("CREATE INDEX"),
                  "CREATE TABLE NOTES(NTID INTEGER PRIMARY KEY, NTLG INTEGER NOT NULL REFERENCES LEDGER(LGID));\n"
                  "CREATE TABLE SUMS(LGID INTEGER PRIMARY KEY, SMTEXT TEXT);\n");
    load.insert(load.find("[verify]"),
                "[[into]]\ntable = \"NOTES\"\n[into.map]\nNTLG = \"LGID\"\n[[into]]\ntable = \"SUMS\"\n");
    bench.write("d/formats/LEDGER.4.toml", format);
    bench.write("d/4/CVTLG4.toml", load);
    bench.write("OLD", records_of(1, 1, 5));
    migrations::convert(catalogue(), {"LEDGER", bench.root() / "OLD"}, 1, 4, file.path);
  }
};

TEST_F(RefeedOfChildren, LetsTheTableNumberWhatNoRuleSays) {
  bench.write("LEDGER.rejects", record(1, 9) + record(1, 8));
  feed(1, 4);
  EXPECT_EQ(value(shadow, "SELECT group_concat(NTID || '=' || NTLG) FROM NOTES WHERE NTID > 4"), "5=5,6=9,7=8");
  EXPECT_EQ(value(shadow, "SELECT group_concat(LGID) FROM SUMS WHERE LGID > 5"), "8,9");
  EXPECT_EQ(value(shadow, "SELECT count(*) FROM pragma_foreign_key_check"), "0");
}

TEST_F(RefeedOfChildren, KeepsANumberThatARuleSays) {
  bench.write("LEDGER.rejects", record(1, 9));
  bench.sql("LEDGER", "INSERT INTO SUMS VALUES(9, 'mine')");
  EXPECT_THAT(error_of([&] { feed(1, 4); }).arg("reason"), HasSubstr("SUMS.LGID"));
}

}  // namespace
}  // namespace dfi::migrations
