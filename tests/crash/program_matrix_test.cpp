// SPDX-License-Identifier: Apache-2.0
// A conversion by a program of the release, killed while the program works: the program, dfinstall, or both. Then
// `resume` or `rollback`: exactly the new or exactly the old state, and no program is left.
#include <signal.h>

#include <chrono>
#include <sstream>
#include <thread>

#include "base/file.hpp"
#include "base/process.hpp"
#include "tests/crash/matrix.hpp"

namespace dfi::test {
namespace {

constexpr const char* stages[] = {"before it reads", "while it writes", "before it ends"};
enum class Victim { program, dfinstall, both };
constexpr const char* victims[] = {"program", "dfinstall", "both"};

class ProgramBench : public Bench {
 public:
  using Bench::Bench;
  /// Killed while the program waits at this stage, then this way.
  std::string killed_at_stage(std::size_t stage, Victim victim, Way way) {
    bring_back();
    fs::remove(host_.directory() / "pids");
    write(host_.directory() / ("at-" + std::to_string(stage)), "");
    Child update(host_.words(verb_));
    for (int i = 0; i < 3000 && !fs::exists(host_.directory() / "pids"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    pid_t pid = 0, child = 0;
    std::istringstream(read_file(host_.directory() / "pids")) >> pid >> child;
    const auto working = ProcessIdentity::of(pid), waiting = ProcessIdentity::of(child);
    if (!working || !waiting) return "the program did not wait\n";
    if (victim != Victim::program) update.kill(SIGKILL);
    if (victim != Victim::dfinstall) ::kill(pid, SIGKILL);
    const auto finished = update.wait();
    const int expected = victim == Victim::program ? 30 : 128 + SIGKILL;
    if (finished.exit != expected) return "ended with " + std::to_string(finished.exit) + finished.out + finished.err;
    take_releases_away();
    auto wrong = recover(way);
    if (working->alive() || waiting->alive()) wrong += "the program is still there\n";
    return wrong;
  }
};

struct ProgramMatrix : ::testing::TestWithParam<Way> {};

TEST_P(ProgramMatrix, EndsExactlyInTheNewOrTheOldStateWhoeverIsKilledWhileTheProgramWorks) {
  ProgramBench bench(scenario_named("ExternalUpdate"));
  if (HasFailure()) return;
  bench.measure();
  if (HasFailure()) return;
  int points = 0, failures = 0;
  for (std::size_t stage = 0; stage < std::size(stages); ++stage)
    for (const auto victim : {Victim::program, Victim::dfinstall, Victim::both}) {
      const auto wrong = bench.killed_at_stage(stage, victim, GetParam());
      EXPECT_TRUE(wrong.empty()) << wrong << victims[static_cast<int>(victim)] << " killed " << stages[stage];
      ++points;
      failures += !wrong.empty();
    }
  report_points("killed while a program works",
                std::string("ExternalUpdate") + (GetParam() == Way::resume ? "Resume" : "Rollback"), points - failures,
                points, "program, dfinstall, both");
}

INSTANTIATE_TEST_SUITE_P(Crash, ProgramMatrix, ::testing::Values(Way::resume, Way::rollback),
                         [](const auto& row) { return row.param == Way::resume ? "Resume" : "Rollback"; });

}  // namespace
}  // namespace dfi::test
