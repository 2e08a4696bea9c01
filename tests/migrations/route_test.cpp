// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/migrations/ledger.hpp"

namespace dfi::migrations {
namespace {

using testing::ElementsAre;

/// "records:CVTLG2+CVTLG3 load:CVTLG4"
std::string shown(const Route& route) {
  std::string text;
  for (const auto& pass : route) {
    text += (text.empty() ? "" : " ") + std::string(pass_name(pass.kind)) + ":";
    for (std::size_t i = 0; i < pass.steps.size(); ++i) text += (i ? "+" : "") + pass.steps[i].conversion;
  }
  return text;
}

using RouteOfAFile = Ledger;

TEST_F(RouteOfAFile, FusesNeighbouringRecordStepsAndTheLoadBehindThem) {
  EXPECT_EQ(shown(catalogue().route(file, 1, 3)), "records:CVTLG2+CVTLG3");
  EXPECT_EQ(shown(catalogue().route(file, 1, 4)), "load:CVTLG2+CVTLG3+CVTLG4");
  EXPECT_EQ(shown(catalogue().route(file, 1, 4, false)), "records:CVTLG2 records:CVTLG3 load:CVTLG4");
}

TEST_F(RouteOfAFile, TakesTheFewestPassesBeforeTheFewestSteps) {
  // From 4 to 6: one step of its own pass each, or a direct one.
  for (int level : {5, 6})
    bench.write("d/formats/LEDGER." + std::to_string(level) + ".toml",
                "file = \"LEDGER\"\nlevel = " + std::to_string(level) +
                    "\nkind = \"sqlite\"\nschema = \"CREATE TABLE LEDGER(LGID INTEGER PRIMARY KEY)\"\n");
  const auto step = [&](const std::string& name, int from, int to) {
    bench.write("d/5/" + name + ".toml", "name = \"" + name + "\"\nfile = \"LEDGER\"\nfrom = " + std::to_string(from) +
                                             "\nto = " + std::to_string(to) + "\nkind = \"external\"\nprogram = \"" +
                                             name + "\"\n");
    bench.write("d/5/programs/" + name, "#!/bin/sh\n");
  };
  step("CVTLG5", 4, 5);
  step("CVTLG6", 5, 6);
  step("CVTLG9", 3, 6);
  // Three record steps and CVTLG9: two passes. By way of 4 and 5: one load and two more.
  EXPECT_EQ(shown(catalogue().route(file, 1, 6)), "records:CVTLG2+CVTLG3 external:CVTLG9");
  EXPECT_EQ(shown(catalogue().route(file, 4, 6)), "external:CVTLG5 external:CVTLG6");
}

TEST_F(RouteOfAFile, TakesTheCorrectionOfALaterRelease) {
  auto corrected = std::string(ledger_3_to_4);
  corrected.replace(corrected.find("CVTLG4"), 6, "CVTLG4B");
  bench.write("d/10/CVTLG4B.toml", corrected);
  EXPECT_EQ(shown(catalogue().route(file, 1, 4)), "load:CVTLG2+CVTLG3+CVTLG4B") << "10 is later than 4";
  corrected.replace(corrected.find("CVTLG4B"), 7, "CVTLG1A");
  bench.write("d/3/CVTLG1A.toml", corrected);
  EXPECT_EQ(shown(catalogue().route(file, 3, 4)), "load:CVTLG4B") << "whatever the names are";
}

TEST_F(RouteOfAFile, IsNotGuessedBetweenTwoOfOneRelease) {
  auto other = std::string(ledger_3_to_4);
  other.replace(other.find("CVTLG4"), 6, "CVTLG9");
  bench.write("d/4/CVTLG9.toml", other);
  const auto error = error_of([&] { catalogue(); });
  EXPECT_EQ(error.message().id, msg::definition_malformed);
  EXPECT_EQ(error.arg("reason"), "CVTLG4 of the same release leads LEDGER from 3 to 4, too");
}

TEST_F(RouteOfAFile, SaysWhatItNeedsExactlyForRecordFiles) {
  bench.write("LEDGER", records_of(1, 1, 10));
  const auto estimate = catalogue().estimate(file, 1, catalogue().route(file, 1, 3));
  EXPECT_EQ(estimate.records, 10u);
  EXPECT_EQ(estimate.bytes_in, 400u);
  EXPECT_EQ(estimate.bytes_out, 580u);
  EXPECT_EQ(estimate.space, 580u + 2 * 160) << "nothing is written between the two steps; keys may have to be sorted";
  EXPECT_TRUE(estimate.exact);
}

TEST_F(RouteOfAFile, DigestChangesWithEachDefinitionItStandsOn) {
  const auto before = catalogue().digest(file, catalogue().route(file, 1, 3));
  EXPECT_EQ(catalogue().digest(file, catalogue().route(file, 1, 3)), before);
  bench.write("d/3/CVTLG3.toml", std::string(ledger_2_to_3) + "# corrected\n");
  EXPECT_NE(catalogue().digest(file, catalogue().route(file, 1, 3)), before);
  EXPECT_EQ(catalogue().digest(file, catalogue().route(file, 1, 2)),
            catalogue().digest(file, catalogue().route(file, 1, 2)));
}

TEST(RejectLimit, IsANumberOrAShare) {
  EXPECT_TRUE(parse_reject_limit("12")->reached(13, 1000));
  EXPECT_FALSE(parse_reject_limit("12")->reached(12, 1000));
  EXPECT_TRUE(parse_reject_limit("0.1%")->reached(2, 1000));
  EXPECT_FALSE(parse_reject_limit("0.1%")->reached(1, 1000));
  EXPECT_TRUE(parse_reject_limit("0")->reached(1, 1000));
  for (const char* wrong : {"", "-1", "1x", "%", "101%", "x%"}) EXPECT_FALSE(parse_reject_limit(wrong)) << wrong;
}

}  // namespace
}  // namespace dfi::migrations
