// SPDX-License-Identifier: Apache-2.0
// Each conversion of a fused pass keeps its own rule for records it cannot convert.
#include "messages/record_pass.hpp"
#include "tests/migrations/ledger.hpp"

namespace dfi::migrations {
namespace {

struct RejectRules : Ledger {
  RejectRules() {
    bench.write("d/3/CVTLG3.toml", "on_error = \"reject\"\nmax_rejects = 1\n" + std::string(ledger_2_to_3));
  }
  std::string unknown_kind(int id) const { return record(1, id, "2020-08-11", "X"); }
  std::string bad_sum(int id) const { return record(1, id).replace(30, 1, "\xff"); }
  Catalogue::Result go(const Policy& policy = {}) {
    return migrations::convert(catalogue(), file, 1, 3, shadow, policy);
  }
};

TEST_F(RejectRules, RejectWhereTheConversionSaysSo) {
  bench.write("LEDGER", records_of(1, 1, 3) + unknown_kind(4) + record(1, 5));
  const auto result = go();
  EXPECT_EQ(result.rejected, 1u);
  EXPECT_EQ(result.rows_after, 4u);
  EXPECT_EQ(read_file(shadow.string() + ".rejects"), unknown_kind(4));
  const auto line = parse_json(read_file(shadow.string() + ".rejects.jsonl"), "lines");
  EXPECT_EQ(line["conversion"], "CVTLG3");
  EXPECT_EQ(line["record"], 4);
  EXPECT_EQ(line["field"], "LGKIND");
}

TEST_F(RejectRules, CountEachConversionForItself) {
  bench.write("LEDGER", unknown_kind(1) + unknown_kind(2));
  const auto error = error_of([&] { go(); });
  EXPECT_EQ(error.message().id, msg::too_many_rejects);
  EXPECT_EQ(error.arg("conversion"), "CVTLG3");
}

TEST_F(RejectRules, AbortWhereAnotherOneOfThePassSaysSo) {
  bench.write("LEDGER", unknown_kind(1) + bad_sum(2));
  const auto error = error_of([&] { go(); });
  EXPECT_EQ(error.message().id, msg::record_refused);
  EXPECT_EQ(error.arg("conversion"), "CVTLG2");
  EXPECT_EQ(error.arg("record"), "2");
  EXPECT_EQ(error.arg("field"), "LGSUM");
}

TEST_F(RejectRules, GiveWayToWhatTheOperatorSays) {
  bench.write("LEDGER", unknown_kind(1) + bad_sum(2) + record(1, 3));
  Policy policy;
  policy.on_error = OnError::reject;
  policy.max_rejects = RejectLimit{2, 0};
  EXPECT_EQ(go(policy).rejected, 2u);
}

}  // namespace
}  // namespace dfi::migrations
