// SPDX-License-Identifier: Apache-2.0
// Killed at any durable operation, then `resume` or `rollback`: exactly the new or exactly the old state.
#include "tests/crash/matrix.hpp"

namespace dfi::test {
namespace {

struct CrashMatrix : ::testing::TestWithParam<std::tuple<std::size_t, Way>> {};

TEST_P(CrashMatrix, EndsExactlyInTheNewOrTheOldState) {
  const auto [number, way] = GetParam();
  Bench bench(scenarios[number]);
  if (HasFailure()) return;
  const long n = bench.measure();
  if (HasFailure()) return;
  ASSERT_GT(n, 10);
  int points = 0, failures = 0;
  for (const long k : sample(n, static_cast<long>(number) + (way == Way::resume ? 0 : 2))) {
    const auto wrong = bench.killed_at(k, way);
    EXPECT_TRUE(wrong.empty()) << wrong << "killed at operation " << k << " of " << n;
    ++points;
    if (!wrong.empty() && ++failures == 5) break;
  }
  report_points("killed at a durable operation", row_name(number, way), points - failures, points,
                std::to_string(n) + " operations");
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<std::size_t, Way>>& info) {
  return row_name(std::get<0>(info.param), std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Crash, CrashMatrix,
                         ::testing::Combine(::testing::Range<std::size_t>(0, scenarios.size()),
                                            ::testing::Values(Way::resume, Way::rollback)),
                         name_of);

}  // namespace
}  // namespace dfi::test
