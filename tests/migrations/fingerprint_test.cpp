// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "tests/migrations/in_german.hpp"
#include "tests/migrations/ledger.hpp"

namespace dfi::migrations {
namespace {

using Fingerprint = Ledger;

struct Listener : Unsupervised {
  void refused(const Refusal& refusal) override { refusals.push_back(refusal); }
  std::vector<Refusal> refusals;
};

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

TEST_F(Fingerprint, FindsTheLevelOfAFileWhoseUniqueKeysAreInNoOrder) {
  std::string bytes;
  for (int id = 30; id > 0; --id) bytes += record(1, id);
  bench.write("LEDGER", bytes);
  EXPECT_EQ(catalogue().level_of(file), 1);
  EXPECT_EQ(catalogue().level_of(file, 1), 1);
}

TEST_F(Fingerprint, BelievesInKeysThatFallAndRepeatIfNoOtherLevelIsPossible) {
  std::string bytes;
  for (int id = 30; id > 0; --id) bytes += record(1, id);
  bench.write("LEDGER", bytes + record(1, 7));
  EXPECT_EQ(catalogue().level_of(file), 1);
  EXPECT_EQ(catalogue().level_of(file, 1), 1);
}

/// Two levels that differ by their key alone.
class TwoKeys : public Ledger {
 protected:
  TwoKeys() {
    for (int level : {1, 2})
      bench.write(fmt::format("d/formats/KEYS.{}.toml", level),
                  fmt::format("file = \"KEYS\"\nlevel = {}\nkind = \"records\"\nlength = 8\nccsid = 273\n"
                              "key = [\"{}\"]\nfields = \"\"\"\nA zoned(4)\nB zoned(4)\n\"\"\"\n",
                              level, level == 1 ? "A" : "B"));
    bench.write("d/2/CVTKEYS.toml", "name = \"CVTKEYS\"\nfile = \"KEYS\"\nfrom = 1\nto = 2\nkind = \"records\"\n");
  }
  void write(const std::vector<std::pair<int, int>>& records) {
    const auto format = read_format(bench.root() / "d/formats/KEYS.1.toml").record;
    std::string bytes;
    for (const auto& [a, b] : records)
      bytes += records::make_record(*format, {{"A", std::to_string(a)}, {"B", std::to_string(b)}});
    bench.write("KEYS", bytes);
  }
  DataFile keys = bench.file("KEYS");
};

TEST_F(TwoKeys, AsksRatherThanTakeTheOneThatRises) {
  write({{9, 1}, {8, 2}, {7, 3}, {6, 4}});
  auto error = error_of([&] { catalogue().level_of(keys); });
  EXPECT_EQ(error.message().id, msg::level_ambiguous) << error.what();
  EXPECT_EQ(error.arg("levels"), "1, 2");
  EXPECT_EQ(catalogue().level_of(keys, 1), 1);
}

TEST_F(TwoKeys, TakesTheOneWhoseKeyDoesNotRepeatWithoutOrder) {
  write({{9, 1}, {8, 2}, {7, 3}, {6, 4}, {9, 5}});
  EXPECT_EQ(catalogue().level_of(keys), 2);
  EXPECT_EQ(catalogue().level_of(keys, 1), 1) << "named";
}

TEST_F(Fingerprint, OfARecordFileIsKnownByItsLengthThoughEveryRecordHasABadField) {
  auto bytes = records_of(1, 1, 30);
  for (std::size_t i = 0; i < 30; ++i) bytes.replace(i * 40 + 30, 5, "@@@@@");
  bench.write("LEDGER", bytes);
  EXPECT_EQ(catalogue().level_of(file), 1);
  EXPECT_EQ(catalogue().level_of(file, 1), 1);
  const auto way = catalogue().route(file, 1, 2);
  Listener supervisor;
  Policy collect;
  collect.collect = true;
  catalogue().convert(file, way, shadow, collect, supervisor);
  ASSERT_EQ(supervisor.refusals.size(), 30U);
  EXPECT_EQ(supervisor.refusals[29].field, "LGSUM");
  EXPECT_EQ(supervisor.refusals[29].offset, 29U * 40 + 30);
  EXPECT_EQ(supervisor.refusals[29].hex, "4040404040");
}

TEST_F(Fingerprint, NamesTheFirstBadFieldForEachLevelOfThatLength) {
  auto bytes = records_of(1, 1, 29);
  for (std::size_t i = 1; i < 29; ++i) bytes.replace(i * 40 + 30, 5, "@@@@@");
  bench.write("LEDGER", bytes);
  auto error = error_of([&] { catalogue().level_of(file); });
  EXPECT_EQ(error.message().id, msg::level_unknown);
  const auto reason = error.arg("reason");
  EXPECT_NE(
      reason.find(
          "it cannot be level 1, 28 of 29 records looked at cannot be read that way, the first is record 2 at offset "
          "40: field LGSUM at offset 30 of it (hex 4040404040)"),
      std::string::npos)
      << reason;
  EXPECT_NE(reason.find("it cannot be level 3, 20 of 20"), std::string::npos) << reason;
  EXPECT_EQ(catalogue().level_of(file, 1), 1) << "named, and no other level can be read";
}

TEST_F(Fingerprint, SaysInTheLanguageOfTheReaderWhyNoLevelFits) {
  bench.write("LEDGER", records_of(1, 1, 30) + "x");
  EXPECT_EQ(german(error_of([&] { catalogue().level_of(file); })),
            "Stand 1 kann es nicht sein; 1201 Byte sind kein Vielfaches seiner 40 je Satz; "
            "Stand 2 kann es nicht sein; 1201 Byte sind kein Vielfaches seiner 42 je Satz; "
            "Stand 3 kann es nicht sein; 1201 Byte sind kein Vielfaches seiner 58 je Satz");
  bench.write("LEDGER", records_of(1, 1, 29));
  const auto words = german(error_of([&] { catalogue().level_of(file, 3); }));
  EXPECT_NE(words.find("angesehenen Sätzen lassen sich so nicht lesen"), std::string::npos) << words;
  EXPECT_NE(words.find("Stand 1 kann es sein"), std::string::npos) << words;
}

TEST_F(Fingerprint, DoesNotBelieveALevelThatCannotBeReadWhereAnotherCan) {
  bench.write("LEDGER", records_of(1, 1, 29));
  auto error = error_of([&] { catalogue().level_of(file, 3); });
  EXPECT_EQ(error.message().id, msg::level_unknown);
  EXPECT_NE(error.arg("reason").find("it can be level 1"), std::string::npos) << error.what();
}

TEST_F(Fingerprint, SaysThatThereIsNoSuchLevel) {
  bench.write("LEDGER", records_of(1, 1, 30));
  const auto error = error_of([&] { catalogue().level_of(file, 7); });
  EXPECT_EQ(error.arg("reason"), "there is no level 7 of it");
  EXPECT_EQ(german(error), "einen Stand 7 gibt es davon nicht");
}

TEST_F(Fingerprint, NamesTheLineOfABrokenConfigurationAlsoIfItsLevelIsNamed) {
  bench.write(
      "d/formats/CONF.1.toml",
      "file = \"CONF\"\nlevel = 1\nkind = \"config\"\ntitle.en = \"t\"\ntitle.de = \"t\"\n[[keys]]\nname = \"port\"\n"
      "type = \"text\"\ndefault = \"25\"\ncomment.en = \"c\"\ncomment.de = \"c\"\n");
  bench.write("CONF", "format_level = 1\nport = = 3\n");
  const auto error = error_of([&] { catalogue().level_of(bench.file("CONF"), 1); });
  const auto reason = error.arg("reason");
  EXPECT_EQ(reason.rfind("it cannot be level 1, ", 0), 0u) << reason;
  EXPECT_NE(reason.find("CONF, line 2: "), std::string::npos) << reason;
}

}  // namespace
}  // namespace dfi::migrations
