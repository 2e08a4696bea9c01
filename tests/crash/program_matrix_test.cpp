// SPDX-License-Identifier: Apache-2.0
// A conversion by a program of the release: dfinstall killed at any durable operation; and while the program works,
// it, dfinstall, or both. Then `resume` or `rollback`: exactly the new or exactly the old state, and no program is
// left.
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

// It waits where a file says so, once, as shell and as a child of the shell, and with the data file open.
constexpr auto program = R"(#!/bin/sh
wait_here() {
  [ -e '@HERE@/at-'$1 ] || return 0
  rm '@HERE@/at-'$1
  exec 8<"$2"
  sleep 60 &
  echo $$ $! >'@HERE@/pids.new'
  mv '@HERE@/pids.new' '@HERE@/pids'
  wait
}
wait_here 0 "$2"
sqlite3 "$2" ".backup '$4'" || exit 1
echo '{"done": 1, "total": 2}' >&3
wait_here 1 "$2"
sqlite3 "$4" "CREATE TABLE DEMOLOG_new(LGID INTEGER PRIMARY KEY, LGTEXT TEXT NOT NULL, LGSIZE INTEGER NOT NULL);
INSERT INTO DEMOLOG_new SELECT LGID, LGTEXT, length(LGTEXT) FROM DEMOLOG;
DROP TABLE DEMOLOG; ALTER TABLE DEMOLOG_new RENAME TO DEMOLOG; PRAGMA user_version = 2" || exit 1
wait_here 2 "$2"
)";

void by_a_program(Host& host) {
  const auto definitions = host.source("1.10") / "definitions/1.10";
  write(definitions / "CVTLOG2.toml",
        "name = \"CVTLOG2\"\nfile = \"DEMOLOG\"\nfrom = 1\nto = 2\nkind = \"external\"\nprogram = \"cvtlog2\"\n");
  write(definitions / "programs/cvtlog2", program);
  while (read_file(definitions / "programs/cvtlog2").find("@HERE@") != std::string::npos)
    replace_in(definitions / "programs/cvtlog2", "@HERE@", host.directory().string());
  host.install_100();
}

const Scenario scenario{"ExternalUpdate", by_a_program, [](Host& h) {
                          return Words{"update", h.release("1.10").string()};
                        }};

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

TEST_P(ProgramMatrix, EndsExactlyInTheNewOrTheOldStateWhereverDfinstallIsKilled) {
  Bench bench(scenario);
  if (HasFailure()) return;
  const long n = bench.measure();
  if (HasFailure()) return;
  ASSERT_GT(n, 10);
  int points = 0, failures = 0;
  for (const long k : sample(n, GetParam() == Way::resume ? 1 : 5, 9)) {
    const auto wrong = bench.killed_at(k, GetParam());
    EXPECT_TRUE(wrong.empty()) << wrong << "killed at operation " << k << " of " << n;
    ++points;
    if (!wrong.empty() && ++failures == 5) break;
  }
  report_points("conversion killed at an operation",
                std::string(scenario.name) + (GetParam() == Way::resume ? "Resume" : "Rollback"), points - failures,
                points, std::to_string(n) + " operations");
}

TEST_P(ProgramMatrix, EndsExactlyInTheNewOrTheOldStateWhoeverIsKilledWhileTheProgramWorks) {
  ProgramBench bench(scenario);
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
                std::string(scenario.name) + (GetParam() == Way::resume ? "Resume" : "Rollback"), points - failures,
                points, "program, dfinstall, both");
}

INSTANTIATE_TEST_SUITE_P(Crash, ProgramMatrix, ::testing::Values(Way::resume, Way::rollback),
                         [](const auto& row) { return row.param == Way::resume ? "Resume" : "Rollback"; });

}  // namespace
}  // namespace dfi::test
