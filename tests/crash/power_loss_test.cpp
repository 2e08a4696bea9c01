// SPDX-License-Identifier: Apache-2.0
// The power goes: what is not yet on disk is lost, on real file systems, and `resume` or `rollback` still ends exactly
// in the new or the old state. After "done" the new state is there. A product whose fsync does nothing must fail here.
#include <algorithm>

#include "tests/crash/power.hpp"

namespace dfi::test {
namespace {

struct Ground {
  const char* name;
  const char* kind;
  int disks;
};

constexpr Ground all[] = {{"Ext4", "ext4", 1}, {"ThreeXfs", "xfs", 3},   {"Btrfs", "btrfs", 1},
                          {"Xfs", "xfs", 1},   {"ThreeExt4", "ext4", 3}, {"ThreeBtrfs", "btrfs", 3}};

struct PowerLoss : ::testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {
  const Scenario& scenario() { return scenarios[std::get<0>(GetParam())]; }
  const Ground& ground() { return all[std::get<1>(GetParam())]; }
};

const char* name_of(Loss loss) { return loss == Loss::data ? "data" : "everything"; }

// A sample stands right behind syncs: there a promise has just been given.
std::vector<long> points_of(const std::vector<std::string>& calls, std::size_t first) {
  const auto n = static_cast<long>(calls.size());
  if (full()) return sample(n, 0);
  std::vector<long> behind_a_sync, chosen;
  for (long k = 2; k <= n; ++k)
    if (calls[static_cast<std::size_t>(k - 2)].find("sync") != std::string::npos) behind_a_sync.push_back(k);
  const std::size_t step = std::max<std::size_t>(behind_a_sync.size() / 6, 1);
  for (auto i = first % step; i < behind_a_sync.size(); i += step) chosen.push_back(behind_a_sync[i]);
  return chosen;
}

TEST_P(PowerLoss, EndsExactlyInTheNewOrTheOldStateWhereverItHappens) {
  if (const auto missing = Disk::missing(ground().kind); !missing.empty()) GTEST_SKIP() << missing;
  PowerBench bench(scenario(), ground().kind, ground().disks);
  if (HasFailure()) return;
  const auto calls = bench.calls();
  if (HasFailure()) return;
  int points = 0, failures = 0;
  auto judge = [&](const std::string& wrong, const std::string& where) {
    EXPECT_TRUE(wrong.empty()) << wrong << where;
    ++points;
    failures += !wrong.empty();
  };
  for (const auto loss : {Loss::everything, Loss::data}) judge(bench.cut_after(loss), "after the end");
  for (const long k : points_of(calls, std::get<0>(GetParam()) + std::get<1>(GetParam()))) {
    if (failures >= 5) break;
    // A sample takes what is lost and the way back in turn; a full run takes all of them, everywhere.
    const int due = points % 4;
    for (int turn = 0; turn < 4; ++turn) {
      if (!full() && turn != due) continue;
      const auto loss = turn % 2 ? Loss::data : Loss::everything;
      const auto way = turn / 2 ? Way::rollback : Way::resume;
      judge(bench.cut_at(k, loss, way), std::string("lost ") + name_of(loss) + ", then " +
                                            (way == Way::resume ? "resume" : "rollback") + ", at call " +
                                            std::to_string(k) + ": " + calls[static_cast<std::size_t>(k - 1)]);
    }
  }
  report_points(std::string("power loss on ") + ground().name, scenario().name, points - failures, points, "");
}

// The control of the control: without syncs the same bench must find losses.
TEST_P(PowerLoss, IsFoundWhereSyncsDoNothing) {
  if (const auto missing = Disk::missing(ground().kind); !missing.empty()) GTEST_SKIP() << missing;
  if (scenario().name == std::string("Commit")) GTEST_SKIP() << "it removes only: there is nothing to lose";
  PowerBench bench(scenario(), ground().kind, ground().disks);
  if (HasFailure()) return;
  bench.calls();
  if (HasFailure()) return;
  for (const auto loss : {Loss::everything, Loss::data}) {
    std::string found;
    try {
      found = bench.cut_after(loss, {"--void-syncs"});
    } catch (const std::exception& e) {
      found = e.what();  // so damaged that it cannot be looked at
    }
    EXPECT_FALSE(found.empty()) << "lost " << name_of(loss);
  }
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<std::size_t, std::size_t>>& info) {
  return std::string(scenarios[std::get<0>(info.param)].name) + all[std::get<1>(info.param)].name;
}

// The sample takes each file system once, one of them as three.
INSTANTIATE_TEST_SUITE_P(Crash, PowerLoss,
                         ::testing::Combine(::testing::Range<std::size_t>(0, scenarios.size()),
                                            ::testing::Range<std::size_t>(0, full() ? 6 : 3)),
                         [](const auto& row) { return name_of(row); });

}  // namespace
}  // namespace dfi::test
