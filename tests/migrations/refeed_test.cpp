// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/migrations/ledger.hpp"

namespace dfi::migrations {
namespace {

using testing::HasSubstr;

struct Refeed : Ledger {
  Catalogue::Result feed(int from, int to) {
    Unsupervised unsupervised;
    return catalogue().refeed(file, from, to, bench.root() / "LEDGER.rejects", shadow, {}, unsupervised);
  }
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
  EXPECT_EQ(error.message().id, msg::refeed_failed);
  EXPECT_THAT(error.arg("reason"), HasSubstr("record 4 of the file"));
  EXPECT_FALSE(fs::exists(shadow));
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
  EXPECT_THAT(error_of([&] { feed(3, 3); }).arg("reason"), HasSubstr("no multiple of 58"));
  EXPECT_FALSE(fs::exists(shadow));
}

TEST_F(Refeed, StillRefusesWhatWasNotRepaired) {
  bench.write("LEDGER", records_of(3, 1, 5));
  bench.write("LEDGER.rejects", record(1, 9, "2020-08-11", "X"));
  EXPECT_EQ(error_of([&] { feed(1, 3); }).arg("field"), "LGKIND");
}

}  // namespace
}  // namespace dfi::migrations
