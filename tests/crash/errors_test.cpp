// SPDX-License-Identifier: Apache-2.0
// A full disk, an I/O error, a read-only file system, a quota, no descriptors left: at any call that can fail so, once
// or from then on. The run says so and leaves the old state, or what `resume` and `rollback` make whole; it never dies
// of it and never claims a success that is none.
#include "tests/crash/matrix.hpp"

namespace dfi::test {
namespace {

struct Errors : ::testing::TestWithParam<std::size_t> {};

constexpr const char* kinds[] = {"ENOSPC", "EIO", "EROFS", "EDQUOT", "EMFILE"};

struct Fault {
  long at;
  const char* kind;
  bool sticky;
};

// A sample takes the kinds in turn; a full run takes all of them, everywhere.
std::vector<Fault> faults(long calls, long first) {
  std::vector<Fault> chosen;
  std::size_t turn = static_cast<std::size_t>(first);
  for (const long k : sample(calls, first, 31))
    for (std::size_t i = 0; i < (full() ? 10 : 2); ++i, ++turn)
      chosen.push_back({k, kinds[turn % 5], full() ? i >= 5 : i == 1});
  return chosen;
}

TEST_P(Errors, LeaveTheOldStateOrOneThatCanBeMadeWhole) {
  const auto number = GetParam();
  Bench bench(scenarios[number]);
  if (HasFailure()) return;
  const auto calls = bench.calls();
  if (HasFailure()) return;
  int points = 0, failures = 0, through = 0;
  for (const auto& fault : faults(static_cast<long>(calls.size()), static_cast<long>(number))) {
    Words options{"--at", std::to_string(fault.at), "--do", fault.kind};
    if (fault.sticky) options.push_back("--sticky");
    Finished ended{};
    const auto wrong = bench.failed_by(options, points % 2 ? Way::resume : Way::rollback, ended);
    const auto& call = calls[static_cast<std::size_t>(fault.at - 1)];
    EXPECT_TRUE(wrong.empty()) << wrong << fault.kind << (fault.sticky ? " from" : " at") << " call " << fault.at
                               << ": " << call;
    ++points;
    through += ended.exit == 0;
    if (!wrong.empty() && ++failures == 5) break;
  }
  report_points("errors of system calls", scenarios[number].name, points - failures, points,
                std::to_string(through) + " of no consequence");
}

std::string name_of(const ::testing::TestParamInfo<std::size_t>& info) { return scenarios[info.param].name; }

INSTANTIATE_TEST_SUITE_P(Crash, Errors, ::testing::Range<std::size_t>(0, scenarios.size()), name_of);

}  // namespace
}  // namespace dfi::test
