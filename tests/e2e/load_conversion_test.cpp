// SPDX-License-Identifier: Apache-2.0
// A record file that becomes a SQLite file: what is bad, and how much room it takes.
#include <gmock/gmock.h>

#include "base/file.hpp"
#include "messages/rehearse.hpp"
#include "tests/support/records.hpp"

namespace dfi::test {
namespace {

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

}  // namespace
}  // namespace dfi::test
