// SPDX-License-Identifier: Apache-2.0
#include "tests/migrations/ledger.hpp"

namespace dfi::migrations {
namespace {

using Fingerprint = Ledger;

TEST_F(Fingerprint, TellsTheLevelsOfARecordFileByLengthAndFields) {
  for (int level : {1, 2, 3}) {
    bench.write("LEDGER", records_of(level, 1, 30));
    EXPECT_EQ(catalogue().level_of(file), level);
  }
}

TEST_F(Fingerprint, TellsRecordsOfOneLengthApartByTheirFields) {
  // 1160 bytes: 29 records of level 1, or 20 of level 3.
  bench.write("LEDGER", records_of(1, 1, 29));
  EXPECT_EQ(catalogue().level_of(file), 1);
  bench.write("LEDGER", records_of(3, 1, 20));
  EXPECT_EQ(catalogue().level_of(file), 3);
}

TEST_F(Fingerprint, IsNotLedAstrayBySingleBadRecords) {
  auto bytes = records_of(1, 1, 30);
  bytes.replace(40, 4, "\xff\xff\xff\xff");
  bench.write("LEDGER", bytes);
  EXPECT_EQ(catalogue().level_of(file), 1);
}

TEST_F(Fingerprint, ChangesItsKindWithTheLevel) {
  catalogue().create(file, 4);
  EXPECT_EQ(catalogue().level_of(file), 4);
  EXPECT_EQ(catalogue().kind_of("LEDGER", 3), Kind::records);
  EXPECT_EQ(catalogue().kind_of("LEDGER", 4), Kind::sqlite);
}

TEST_F(Fingerprint, AsksWhereSeveralLevelsFit) {
  bench.write("LEDGER", "");
  auto error = error_of([&] { catalogue().level_of(file); });
  EXPECT_EQ(error.message().id, msg::level_ambiguous);
  EXPECT_EQ(error.exit_code(), 17);
  EXPECT_EQ(error.arg("levels"), "1, 2, 3");
  EXPECT_EQ(catalogue().level_of(file, 2), 2) << "told, and it fits";
}

TEST_F(Fingerprint, DoesNotBelieveALevelThatTheContentContradicts) {
  bench.write("LEDGER", records_of(1, 1, 30));
  auto error = error_of([&] { catalogue().level_of(file, 3); });
  EXPECT_EQ(error.message().id, msg::level_unknown);
  EXPECT_NE(error.arg("reason").find("it cannot be level 3"), std::string::npos) << error.what();
}

TEST_F(Fingerprint, OfARaggedFileIsUnknown) {
  bench.write("LEDGER", records_of(1, 1, 30) + "x");
  auto error = error_of([&] { catalogue().level_of(file); });
  EXPECT_EQ(error.message().id, msg::level_unknown);
  EXPECT_NE(error.arg("reason").find("1201 bytes are no multiple of its 40 a record"), std::string::npos);
}

TEST_F(Fingerprint, TakesControlCharactersInTextForAWrongCodePage) {
  auto bytes = records_of(1, 1, 30);
  for (std::size_t i = 0; i < 30; ++i) bytes.replace(i * 40 + 10, 3, "\x01\x02\x03");
  bench.write("LEDGER", bytes);
  EXPECT_EQ(error_of([&] { catalogue().level_of(file); }).message().id, msg::level_unknown);
}

}  // namespace
}  // namespace dfi::migrations
