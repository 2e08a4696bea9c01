// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "messages/release.hpp"
#include "tests/migrations/bench.hpp"
#include "tests/migrations/in_german.hpp"

namespace dfi::migrations {
namespace {

using testing::ElementsAre;

/// Data file → levels that are shipped, by the names of their formats: "FAXKA.4.toml".
std::map<std::string, std::set<int>> shipped_files() {
  std::map<std::string, std::set<int>> files;
  for (const auto& entry : fs::directory_iterator(fs::path(DFI_DEFINITIONS) / "formats")) {
    const auto name = entry.path().stem();
    files[name.stem()].insert(std::stoi(name.extension().string().substr(1)));
  }
  return files;
}

/// A chain of levels of one area: what the search sees are names and numbers only.
Catalogue chain(const Bench& bench, const std::map<std::string, std::pair<int, int>>& conversions, int levels) {
  for (int level = 1; level <= levels; ++level)
    bench.write("d/formats/A." + std::to_string(level) + ".toml",
                "file = \"A\"\nlevel = " + std::to_string(level) +
                    "\nkind = \"area\"\nlength = " + std::to_string(level * 10) + "\nfill = \" \"\n");
  for (const auto& [name, ends] : conversions)
    bench.write("d/x/" + name + ".toml", "name = \"" + name + "\"\nfile = \"A\"\nfrom = " + std::to_string(ends.first) +
                                             "\nto = " + std::to_string(ends.second) +
                                             "\nkind = \"area\"\nmode = \"shadow\"\n");
  return Catalogue::load(bench.root() / "d");
}

std::vector<std::string> names(const Route& route) {
  std::vector<std::string> result;
  for (const auto& step : steps_of(route)) result.push_back(step.conversion);
  return result;
}

TEST(Catalogue, FindsNoStepsBetweenEqualLevels) {
  Bench bench;
  EXPECT_TRUE(shipped().route(bench.file("FAXKA"), 4, 4).empty());
}

TEST(Catalogue, ChainsConversionsFromAnyOldLevel) {
  Bench bench;
  auto catalogue = chain(bench, {{"CVTA2", {1, 2}}, {"CVTA3", {2, 3}}, {"CVTA4", {3, 4}}}, 4);
  auto file = bench.file("A");
  EXPECT_THAT(names(catalogue.route(file, 1, 4)), ElementsAre("CVTA2", "CVTA3", "CVTA4"));
  EXPECT_THAT(names(catalogue.route(file, 3, 4)), ElementsAre("CVTA4"));
}

TEST(Catalogue, TakesTheFewestStepsAndThenTheLowestName) {
  Bench bench;
  auto catalogue = chain(
      bench, {{"CVTA2", {1, 2}}, {"CVTA3", {2, 3}}, {"CVTA4", {3, 4}}, {"CVTA3B", {1, 3}}, {"CVTA4C", {2, 4}}}, 4);
  EXPECT_THAT(names(catalogue.route(bench.file("A"), 1, 4)), ElementsAre("CVTA2", "CVTA4C"));
}

TEST(Catalogue, NamesWhatItKnowsWhenThereIsNoWay) {
  Bench bench;
  auto catalogue = chain(bench, {{"CVTA3", {2, 3}}}, 3);
  auto error = error_of([&] { catalogue.route(bench.file("A"), 1, 3); });
  EXPECT_EQ(error.message().id, msg::no_path);
  EXPECT_EQ(error.exit_code(), 17);
  EXPECT_EQ(error.arg("known"), "CVTA3 (2 -> 3)");
}

TEST(Catalogue, NeverGoesBackToAnOlderLevel) {
  Bench bench;
  auto error = error_of([&] { shipped().route(bench.file("FAXSTAT"), 4, 3); });
  EXPECT_EQ(error.message().id, msg::level_newer);
}

TEST(Catalogue, CreatesEveryShippedFormatAndKnowsItsLevelAgain) {
  auto catalogue = shipped();
  for (const auto& [name, levels] : shipped_files())
    for (int level : levels) {
      Bench bench;
      auto file = bench.file(name);
      catalogue.create(file, level);
      // A record file without a record can have any of its levels.
      const bool told = catalogue.kind_of(name, level) == Kind::records;
      EXPECT_EQ(catalogue.level_of(file, told ? std::optional(level) : std::nullopt), level) << name;
      EXPECT_TRUE(catalogue.dependents(file, level).empty()) << name;
      EXPECT_THAT(names_in(bench.root()), ElementsAre(name)) << "nothing but the file is left";
    }
}

TEST(Catalogue, EveryShippedLevelReachesTheNewest) {
  Bench bench;
  const auto catalogue = shipped();
  for (const auto& [name, levels] : shipped_files())
    for (int level : levels)
      EXPECT_NO_THROW(catalogue.route(bench.file(name), level, *levels.rbegin())) << name << level;
}

TEST(Catalogue, CreatesSqliteFilesInWalMode) {
  Bench bench;
  shipped().create(bench.file("FAXKA"), 4);
  EXPECT_EQ(value(bench.root() / "FAXKA", "PRAGMA journal_mode"), "wal");
}

TEST(Catalogue, CreatesADataAreaOfBlanks) {
  Bench bench;
  shipped().create(bench.file("FAXDTAARA"), 2);
  EXPECT_EQ(read_file(bench.root() / "FAXDTAARA"), std::string(2000, ' '));
}

TEST(Catalogue, NeverOverwritesAFile) {
  Bench bench;
  bench.write("FAXKA", "mine");
  EXPECT_EQ(error_of([&] { shipped().create(bench.file("FAXKA"), 4); }).message().id, msg::file_exists);
  EXPECT_EQ(read_file(bench.root() / "FAXKA"), "mine");
}

TEST(Level, IsUnknownIfTheNumberIsNotThatOfAFormat) {
  Bench bench;
  shipped().create(bench.file("FAXSTAT"), 3);
  bench.sql("FAXSTAT", "PRAGMA user_version = 1");
  auto error = error_of([&] { shipped().level_of(bench.file("FAXSTAT")); });
  EXPECT_EQ(error.message().id, msg::level_unknown);
  EXPECT_EQ(error.exit_code(), 17);
  EXPECT_EQ(error.arg("known"), "3, 4");
}

TEST(Level, IsUnknownIfNumberAndTablesContradictEachOther) {
  Bench bench;
  shipped().create(bench.file("FAXSTAT"), 3);
  bench.sql("FAXSTAT", "PRAGMA user_version = 4");
  const auto error = error_of([&] { shipped().level_of(bench.file("FAXSTAT")); });
  EXPECT_EQ(error.arg("reason"), "its user_version says 4, but table FAXSTAT is not the one of this level");
  EXPECT_EQ(german(error), "laut user_version ist es Stand 4, aber die Tabelle FAXSTAT ist nicht die dieses Standes");
}

TEST(Level, OfANewerReleaseIsSaidSo) {
  Bench bench;
  shipped().create(bench.file("FAXSTAT"), 4);
  bench.sql("FAXSTAT", "PRAGMA user_version = 9");
  auto error = error_of([&] { shipped().level_of(bench.file("FAXSTAT")); });
  EXPECT_EQ(error.message().id, msg::level_newer);
  EXPECT_EQ(error.arg("newest"), "4");
}

TEST(Level, OfAnAreaIsTakenFromItsLength) {
  Bench bench;
  bench.write("FAXDTAARA", std::string(1999, ' '));
  const auto error = error_of([&] { shipped().level_of(bench.file("FAXDTAARA")); });
  EXPECT_EQ(error.message().id, msg::level_unknown);
  EXPECT_EQ(german(error), "kein Stand ist 1999 Byte lang");
}

TEST(Level, OfAConfigurationWithoutLevelIsUnknown) {
  Bench bench;
  bench.write("FAXMAILC", "server = \"mail.example.com\"\n");
  const auto error = error_of([&] { shipped().level_of(bench.file("FAXMAILC")); });
  EXPECT_EQ(error.message().id, msg::level_unknown);
  EXPECT_EQ(german(error), "format_level fehlt darin");
}

TEST(Level, CountsWhatIsStillInTheWal) {
  Bench bench;
  shipped().create(bench.file("FAXSTAT"), 3);
  SQLite::Database open((bench.root() / "FAXSTAT").string(), SQLite::OPEN_READWRITE);
  open.exec("PRAGMA wal_autocheckpoint = 0; CREATE VIEW MINE AS SELECT STID FROM FAXSTAT");
  auto dependents = shipped().dependents(bench.file("FAXSTAT"), 3);
  ASSERT_EQ(dependents.size(), 1u);
  EXPECT_EQ(dependents[0].name, "MINE");
  EXPECT_EQ(dependents[0].type, "view");
}

TEST(AreaConversion, LengthensWithBlanksAndNeverCutsWhatIsInUse) {
  Bench bench;
  auto catalogue = chain(bench, {{"CVTA2", {1, 2}}}, 2);
  auto file = bench.file("A");
  bench.write("A", "1234567890");
  migrations::convert(catalogue, file, 1, 2, bench.shadow("A"));
  EXPECT_EQ(read_file(bench.shadow("A")), "1234567890          ");
}

}  // namespace
}  // namespace dfi::migrations
