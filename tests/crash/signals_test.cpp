// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM and SIGHUP at every moment of an update: the new state, exactly the old one, or a suspended run that
// can be resumed and rolled back. A lost terminal ends nothing.
#include <signal.h>

#include <iostream>
#include <set>
#include <sstream>

#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

struct Signals : ::testing::TestWithParam<int> {
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(host.install_100());
    update = {"update", host.release("1.10").string()};
    ASSERT_TRUE(ended(host.dfinstall({"stop"})));
    run({"cp", "-a", host.root().string(), (host.directory() / "start").string()});
    before = host.state_now();
  }
  void bring_back() {
    host.end_processes();
    fs::remove_all(host.root());
    run({"cp", "-a", (host.directory() / "start").string(), host.root().string()});
    ASSERT_TRUE(ended(host.dfinstall({"start"})));
  }
  /// Numbers of the operations that are marks, notes and lines of the journal: some in every step.
  std::vector<long> undisturbed() {
    bring_back();
    const auto trace = host.directory() / "trace";
    EXPECT_TRUE(ended(run(host.words(update, DFI_CRASH_PROGRAM), {"DFI_CRASH_TRACE=" + trace.string()})));
    after = host.state_now();
    std::vector<long> numbers;
    std::istringstream lines(read_file(trace));
    std::string operation;
    long number = 0;
    for (std::string line; std::getline(lines, line);) {
      std::istringstream(line) >> number >> operation;
      if (operation == "journal") numbers.push_back(number);
    }
    return numbers;
  }
  std::string clean() {
    auto wrong = left_overs(host.root(), host.product());
    const auto status = host.status();
    if (!status.at("unfinished_run").is_null() || !status.at("gate").is_null()) wrong += status.dump() + "\n";
    for (const char* service : {"demod", "demomon"})
      if (!host.service_pid(service)) wrong += std::string(service) + " does not run\n";
    return wrong;
  }
  /// "" if the end is one of those that are promised.
  std::string signalled_at(long k, bool forward) {
    bring_back();
    const auto finished = run(host.words(update, DFI_CRASH_PROGRAM),
                              {"DFI_SIGNAL_AT=" + std::to_string(k) + ":" + std::to_string(GetParam())});
    const auto document = finished.json();
    if (finished.exit != 0) hit.insert(document.value("failed_step", "?"));
    if (finished.exit == 0) return clean() + difference(after, host.state_now());
    if (GetParam() == SIGHUP) return "ended with " + std::to_string(finished.exit) + finished.out;
    if (finished.exit == 31 || finished.exit == 33) return clean() + difference(before, host.state_now());
    if (finished.exit != 30) return "ended with " + std::to_string(finished.exit) + finished.out + finished.err;
    ++suspended;
    auto wrong = difference(before, host.state_now());
    const auto ending = host.dfinstall({forward ? "resume" : "rollback"});
    if (ending.exit != 0) wrong += ending.out + ending.err;
    return wrong + clean() + difference(forward ? after : before, host.state_now());
  }
  Host host{"demoprod", true};
  Words update;
  Tree before, after;
  std::set<std::string> hit;
  int suspended = 0;
};

TEST_P(Signals, AtEveryStepOfAnUpdateLeaveTheOldTheNewOrAResumableState) {
  const auto numbers = undisturbed();
  ASSERT_GT(numbers.size(), 20u);
  const char* full = std::getenv("DFI_FULL");
  const std::size_t stride = full && *full == '1' ? 1 : GetParam() == SIGHUP ? 12 : 4;
  int tried = 0, wrong = 0;
  for (std::size_t i = static_cast<std::size_t>(GetParam()) % stride; i < numbers.size() && wrong < 5; i += stride) {
    const auto reason = signalled_at(numbers[i], ++tried % 2 == 0);
    EXPECT_EQ(reason, "") << "signal " << GetParam() << " at operation " << numbers[i];
    if (!reason.empty()) ++wrong;
  }
  std::string steps;
  for (const auto& step : hit) steps += step + " ";
  std::cout << "signal " << GetParam() << ": " << tried - wrong << " of " << tried << " as promised, " << suspended
            << " suspended; ended in: " << steps << "\n";
  RecordProperty("tried", tried);
  if (GetParam() == SIGHUP)
    EXPECT_EQ(hit.size(), 0u);
  else
    EXPECT_GT(hit.size(), 5u) << "steps: " << steps;
}

INSTANTIATE_TEST_SUITE_P(Crash, Signals, ::testing::Values(SIGHUP, SIGINT, SIGTERM));

}  // namespace
}  // namespace dfi::test
