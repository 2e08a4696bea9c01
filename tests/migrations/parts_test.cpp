// SPDX-License-Identifier: Apache-2.0
// A route of several parts goes on at the part it came to, if what it read and made is still what it was.
#include <gmock/gmock.h>

#include "base/hash.hpp"
#include "tests/migrations/ledger.hpp"

namespace dfi::migrations {
namespace {

struct Stopped {};

/// A run that keeps checkpoints and can be stopped right after one.
class Kept : public Supervisor {
 public:
  void progress(std::uint64_t, std::uint64_t, std::uint64_t) override {}
  std::optional<Json> checkpoint() override { return saved; }
  void save_checkpoint(const Json& json) override {
    saved = json;
    parts.push_back(json.value("part", -1));
    if (++saves == stop_at) throw Stopped();
  }
  std::optional<Json> saved;
  std::vector<int> parts;
  int saves = 0, stop_at = 0;
};

struct Parts : Ledger {
  Parts() { bench.write("LEDGER", records_of(1, 1, 2000)); }
  Catalogue::Result go(Kept& kept) {
    auto all = catalogue();
    return all.convert(file, all.route(file, 1, 4, false), shadow, {}, kept);
  }
  /// Stopped after the n-th checkpoint; false: it ended before.
  bool stopped_at(Kept& kept, int n) {
    kept.stop_at = n;
    try {
      go(kept);
      return false;
    } catch (const Stopped&) {
      return true;
    }
  }
  /// Stopped at the first checkpoint of this part, or of one behind it.
  Kept stopped_in(int part) {
    for (int n = 1;; ++n) {
      fs::remove_all(shadow.parent_path());
      Kept kept;
      if (!stopped_at(kept, n)) ADD_FAILURE() << "it never came to part " << part;
      if (HasFailure() || kept.parts.back() >= part) return kept;
    }
  }
  std::string rows() const {
    return value(
        shadow,
        "SELECT group_concat(LGID || LGDAT || LGNAME || LGCENT || LGKIND) FROM (SELECT * FROM LEDGER ORDER BY LGID)");
  }
};

TEST_F(Parts, EndTheSameWhereverTheyWereStopped) {
  Kept undisturbed;
  const auto result = go(undisturbed);
  EXPECT_EQ(result.rows_before, 2000u);
  EXPECT_EQ(result.rows_after, 2000u);
  const auto wanted = sha256_file(shadow);
  ASSERT_GT(undisturbed.saves, 1);
  for (int n = 1; n <= undisturbed.saves; ++n) {
    fs::remove_all(shadow.parent_path());
    Kept kept;
    ASSERT_TRUE(stopped_at(kept, n)) << n;
    kept.stop_at = 0;
    const auto resumed = go(kept);
    EXPECT_EQ(resumed.rows_before, 2000u) << n;
    EXPECT_EQ(sha256_file(shadow), wanted) << n;
    EXPECT_THAT(names_in(shadow.parent_path()), testing::ElementsAre("LEDGER")) << n;
  }
}

TEST_F(Parts, BeginAnewIfTheDataFileWasRepairedMeanwhile) {
  Kept kept = stopped_in(1);
  bench.write("LEDGER", records_of(1, 1, 1999));
  kept.stop_at = 0;
  kept.parts.clear();
  EXPECT_EQ(go(kept).rows_after, 1999u);
}

TEST_F(Parts, BeginAnewIfWhatWasMadeIsNotWhatItWas) {
  Kept kept = stopped_in(2);
  fs::path made;
  for (const auto& name : names_in(shadow.parent_path()))
    if (name.find(".part2") != std::string::npos) made = shadow.parent_path() / name;
  auto bytes = read_file(made);
  bytes[0] ^= 1;
  durable::write_file(made, bytes);
  kept.stop_at = 0;
  EXPECT_EQ(go(kept).rows_after, 2000u);
}

TEST_F(Parts, BeginAnewWithOtherDefinitions) {
  Kept kept = stopped_in(2);
  bench.write("d/3/CVTLG3.toml",
              std::string(ledger_2_to_3).replace(std::string(ledger_2_to_3).find("'ASIS'"), 6, "'SAME'"));
  kept.stop_at = 0;
  go(kept);
  EXPECT_EQ(value(shadow, "SELECT DISTINCT LGKIND FROM LEDGER"), "SAME");
}

TEST_F(Parts, EachStepAloneMakesWhatTheFusedOnesMake) {
  Kept kept;
  go(kept);
  const auto wanted = rows();
  fs::remove_all(shadow.parent_path());
  migrations::convert(catalogue(), file, 1, 4, shadow);
  EXPECT_EQ(rows(), wanted);
}

}  // namespace
}  // namespace dfi::migrations
