// SPDX-License-Identifier: Apache-2.0
// Ctrl-C, TERM and a lost terminal, at any file-changing call.
#include "tests/crash/matrix.hpp"

namespace dfi::test {
namespace {

struct Signals : ::testing::TestWithParam<std::size_t> {};

TEST_P(Signals, EndARunCleanlyAndALostTerminalEndsNone) {
  const auto number = GetParam();
  Bench bench(scenarios[number]);
  if (HasFailure()) return;
  const auto n = static_cast<long>(bench.calls().size());
  if (HasFailure()) return;
  constexpr const char* signals[] = {"INT", "TERM", "HUP"};
  int points = 0, failures = 0, stopped = 0;
  std::size_t turn = number;
  for (const long k : sample(n, static_cast<long>(number), 43))
    for (int i = 0; i < (full() ? 3 : 1); ++i, ++turn) {
      const std::string signal = signals[turn % 3];
      Finished ended{};
      auto wrong =
          bench.failed_by({"--at", std::to_string(k), "--do", signal}, turn % 2 ? Way::resume : Way::rollback, ended);
      if (signal == "HUP" && ended.exit != 0) wrong += "a lost terminal ended it\n" + ended.out + ended.err;
      EXPECT_TRUE(wrong.empty()) << wrong << signal << " at call " << k << " of " << n;
      ++points;
      stopped += ended.exit != 0;
      failures += !wrong.empty();
    }
  report_points("signals", scenarios[number].name, points - failures, points,
                std::to_string(stopped) + " ended the run");
}

std::string name_of(const ::testing::TestParamInfo<std::size_t>& info) { return scenarios[info.param].name; }

INSTANTIATE_TEST_SUITE_P(Crash, Signals, ::testing::Range<std::size_t>(0, scenarios.size()), name_of);

}  // namespace
}  // namespace dfi::test
