// SPDX-License-Identifier: Apache-2.0
// Killed at any file-changing system call of any process of the run, or in the middle of a write; then `resume` or
// `rollback`, without the release and without the network: exactly the new or exactly the old state. Independent of
// what durable.cpp announces: the calls are counted by faulttrace.
#include "tests/crash/matrix.hpp"

namespace dfi::test {
namespace {

struct SystemCalls : ::testing::TestWithParam<std::tuple<std::size_t, Way>> {};

bool writes(const std::string& call) {
  return call.find("write") < call.find(' ') || call.find("copy_file_range") == 0;
}

Words options(long k, const char* deed) { return {"--at", std::to_string(k), "--do", deed}; }

TEST_P(SystemCalls, EndsExactlyInTheNewOrTheOldStateWhereverItIsKilled) {
  const auto [number, way] = GetParam();
  Bench bench(scenarios[number]);
  if (HasFailure()) return;
  const auto calls = bench.calls();
  if (HasFailure()) return;
  const auto n = static_cast<long>(calls.size());
  ASSERT_GT(n, 20);
  int points = 0, failures = 0;
  for (const long k : sample(n, static_cast<long>(number) + (way == Way::resume ? 0 : 17), 61)) {
    const auto& call = calls[static_cast<std::size_t>(k - 1)];
    for (const char* deed : {"kill", "tear"}) {
      // A sample takes either; what cannot be torn need not be tried twice.
      if (std::string(deed) == "tear" ? !writes(call) : writes(call) && !full()) continue;
      const auto wrong = bench.killed_by(options(k, deed), way);
      EXPECT_TRUE(wrong.empty()) << wrong << deed << " at call " << k << " of " << n << ": " << call;
      ++points;
      failures += !wrong.empty();
    }
    if (failures >= 5) break;
  }
  report_points("killed at a system call", row_name(number, way), points - failures, points,
                std::to_string(n) + " calls");
}

// The recovery of a run that was killed in its middle is killed, too, and the recovery of that one.
TEST_P(SystemCalls, AreSurvivedByARecoveryThatIsKilledAgainAndAgain) {
  const auto [number, way] = GetParam();
  Bench bench(scenarios[number]);
  if (HasFailure()) return;
  const auto n = static_cast<long>(bench.calls().size());
  if (HasFailure()) return;
  int kills = 0, failures = 0;
  std::vector<long> storms{n / 2};
  if (full()) storms = {n / 4, n / 3, n / 2, 2 * n / 3, 3 * n / 4, 7 * n / 8};
  for (const long k : storms) {
    const auto wrong = bench.stormed(options(k, "kill"), way, full() ? 1 : 11, kills);
    EXPECT_TRUE(wrong.empty()) << wrong << "killed at call " << k << " of " << n << ", then its recovery " << kills
                               << " times";
    failures += !wrong.empty();
  }
  const auto points = static_cast<int>(storms.size());
  report_points("recovery killed again and again", row_name(number, way), points - failures, points,
                std::to_string(kills) + " kills of the recovery");
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<std::size_t, Way>>& info) {
  return row_name(std::get<0>(info.param), std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Crash, SystemCalls,
                         ::testing::Combine(::testing::Range<std::size_t>(0, scenarios.size()),
                                            ::testing::Values(Way::resume, Way::rollback)),
                         name_of);

}  // namespace
}  // namespace dfi::test
