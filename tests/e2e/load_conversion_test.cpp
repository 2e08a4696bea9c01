// SPDX-License-Identifier: Apache-2.0
// A record file that becomes a SQLite file: what is bad, and how much room it takes.
#include <gmock/gmock.h>

#include "base/file.hpp"
#include "messages/rehearse.hpp"
#include "tests/support/records.hpp"

namespace dfi::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

struct LoadConversion : ::testing::Test {
  void SetUp() override {
    add_records(host);
    make_tables_of_records(host);
    ASSERT_NO_FATAL_FAILURE(host.install_100());
  }
  std::string newer() { return host.release("1.10").string(); }
  static Json entry_of(const Json& list, const std::string& file = "DEMORECS") {
    for (const auto& entry : list)
      if (entry["file"] == file) return entry;
    return {};
  }
  Host host;
};

TEST_F(LoadConversion, CheckDataTellsARepeatedKeyOnce) {
  fill_records(host, 1000);
  put_record(host.data("DEMORECS"), 400, old_record(7));
  put_record(host.data("DEMORECS"), 900, old_record(7, true));
  const auto finished = host.dfinstall({"check", "--data", newer()});
  ASSERT_TRUE(ended(finished, 19, msg::data_bad));
  const auto data = entry_of(finished.json()["data"]);
  EXPECT_EQ(data["refused"], 2);
  ASSERT_EQ(data["refusals"].size(), 2u) << data.dump(1);
  const auto repeated = data["refusals"][0], bad = data["refusals"][1];
  EXPECT_EQ(repeated["record"], 400);
  EXPECT_EQ(repeated["kind"], "duplicate_key");
  EXPECT_EQ(repeated["field"], "RCID");
  EXPECT_EQ(repeated["offset"], 399 * old_length);
  EXPECT_EQ(repeated["hex"], "0000007F");
  EXPECT_EQ(bad["record"], 900);
  EXPECT_EQ(bad["field"], "RCSUM");
  EXPECT_EQ(bad["offset"], 899 * old_length + 16);
}

TEST_F(LoadConversion, FedRecordsAreCountedAsTheRowsTheyBecame) {
  fill_records(host, 100, {5, 70});
  const auto finished = host.dfinstall({"update", newer(), "--on-error=reject", "--max-rejects=2"});
  ASSERT_TRUE(ended(finished));
  const auto rejects = host.state("rejects") / finished.json()["run"].dump() / "DEMORECS.rejects";
  write(rejects, old_record(5) + old_record(70));
  const auto fed = host.text({"convert", "--rejects", rejects.string(), "--lang", "de"});
  ASSERT_EQ(fed.exit, 0) << fed.err;
  EXPECT_THAT(fed.out + fed.err,
              HasSubstr("als 2 Zeilen in den Tabellen der Datei, die jetzt zusammen 100 Zeilen haben"));
}

struct ExactSpace : LoadConversion {
  void fill(std::uint32_t records) {
    fill_records(host, records);
    host.execute("DEMOSTAT", "DELETE FROM DEMOSTAT; WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                                 std::to_string(records) + ") INSERT INTO DEMOSTAT SELECT i, '20200811' FROM n");
  }
  Json planned(const std::string& file) {
    return entry_of(host.dfinstall({"plan", newer()}).json()["plan"]["data_files"], file);
  }
  static constexpr const char* databases[] = {"DEMORECS", "DEMOSTAT", "DEMOLOG"};
};

// The size that check --data and a rehearsal measure is that of the update, to the byte.
TEST_F(ExactSpace, IsKnownByTryingAndKeptByARehearsal) {
  fill(20000);
  for (const auto* file : databases) {
    EXPECT_EQ(planned(file)["exact"], false) << file;
    EXPECT_EQ(planned(file)["rehearsed"], false) << file;
  }
  EXPECT_THAT(host.text({"plan", newer()}).out, ContainsRegex("DEMORECS[^\n]*→ ~"));
  const auto checked = host.dfinstall({"check", "--data", newer()});
  ASSERT_TRUE(ended(checked));
  ASSERT_TRUE(ended(host.dfinstall({"rehearse", newer()})));
  std::map<std::string, Json> plans;
  for (const auto* file : databases) plans[file] = planned(file);
  EXPECT_THAT(host.text({"plan", newer()}).out, Not(ContainsRegex("DEMO(RECS|STAT|LOG)[^\n]*~")));
  const auto updated = host.dfinstall({"update", newer()});
  ASSERT_TRUE(ended(updated));
  for (const auto* file : databases) {
    const auto size = fs::file_size(host.data(file));
    EXPECT_EQ(plans[file]["exact"], true) << file;
    EXPECT_EQ(plans[file]["bytes_after"], size) << file;
    EXPECT_GE(plans[file]["space"], size) << file;
    EXPECT_LE(plans[file]["space"], 3 * size) << file;
    const auto tried = entry_of(checked.json()["data"], file);
    EXPECT_EQ(tried["bytes_after"], size) << file;
    EXPECT_GE(tried["space"], size) << file;
    EXPECT_EQ(entry_of(updated.json()["conversions"], file)["bytes_after"], size) << file;
  }
}

// What has changed since is no longer exact, but the rehearsal is the best measure of it.
TEST_F(ExactSpace, OfAFileThatChangedSinceTheRehearsalIsInProportion) {
  fill(20000);
  ASSERT_TRUE(ended(host.dfinstall({"rehearse", newer()})));
  fill(40000);
  const auto plan = planned("DEMORECS");
  EXPECT_EQ(plan["exact"], false);
  EXPECT_EQ(plan["rehearsed"], true);
  ASSERT_TRUE(ended(host.dfinstall({"update", newer()})));
  const auto size = static_cast<double>(fs::file_size(host.data("DEMORECS")));
  EXPECT_NEAR(plan["bytes_after"].get<double>(), size, size / 20);
}

}  // namespace
}  // namespace dfi::test
