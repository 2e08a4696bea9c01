// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/conversion/supervised.hpp"

#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>

#include "core/journal.hpp"
#include "migrations/engine/engine.hpp"

namespace bench {
namespace {

namespace migrations = dfi::migrations;
using Clock = std::chrono::steady_clock;

class JournalledRun : public migrations::Supervisor {
 public:
  JournalledRun(dfi::Journal& journal, const std::string& file, std::optional<double> stop_at)
      : journal_(journal), key_("checkpoint " + file), stop_at_(stop_at) {
    if (const auto unfinished = journal_.unfinished())
      journal_.take_over(run_ = unfinished->id);
    else
      run_ = journal_.begin_run("update", {{"file", file}});
    journal_.mark(run_, "convert", file, dfi::Mark::intent);
  }
  void end(const std::string& file) {
    journal_.mark(run_, "convert", file, dfi::Mark::done);
    journal_.end_run(run_, dfi::Outcome::done);
  }
  int checkpoints() const { return checkpoints_; }

  void progress(std::uint64_t done, std::uint64_t total, std::uint64_t) override {
    share_ = total == 0 ? 0 : static_cast<double>(done) / static_cast<double>(total);
  }
  std::optional<dfi::Json> checkpoint() override {
    auto noted = journal_.note(run_, key_);
    if (noted && noted->is_null()) noted.reset();
    return noted;
  }
  void save_checkpoint(const dfi::Json& checkpoint) override {
    journal_.note(run_, key_, checkpoint);
    ++checkpoints_;
    if (stop_at_ && share_ >= *stop_at_) std::raise(SIGKILL);
  }

 private:
  dfi::Journal& journal_;
  std::string key_;
  std::optional<double> stop_at_;
  int run_ = 0, checkpoints_ = 0;
  double share_ = 0;
};

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// Of this program alone: getrusage also counts the memory of the process that started it.
double peak_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:") {
      double kibibytes = 0;
      status >> kibibytes;
      return kibibytes * 1024 / 1e6;
    }
  return 0;
}

dfi::Json names_of(const migrations::Route& route) {
  auto passes = dfi::Json::array();
  for (const auto& pass : route) {
    auto steps = dfi::Json::array();
    for (const auto& step : pass.steps) steps.push_back(step.conversion);
    passes.push_back({{"kind", migrations::pass_name(pass.kind)}, {"steps", steps}});
  }
  return passes;
}

std::filesystem::path journal_beside(const std::filesystem::path& shadow) {
  return shadow.parent_path() / "journal" / "journal.db";
}

}  // namespace

void create_journal(const std::filesystem::path& shadow) { dfi::Journal::open(journal_beside(shadow), true); }

dfi::Json convert(const Conversion& conversion) {
  const auto begun = Clock::now();
  const auto catalogue = migrations::Catalogue::load(conversion.definitions);
  const migrations::DataFile file{conversion.file.filename(), conversion.file};
  const int level = catalogue.level_of(file, conversion.from);
  const auto route = catalogue.route(file, level, conversion.to, conversion.fuse);
  auto journal = dfi::Journal::open(journal_beside(conversion.shadow), true);
  JournalledRun run(*journal, file.name, conversion.stop_at);
  migrations::Policy policy;
  policy.threads = conversion.threads;
  const auto result = catalogue.convert(file, route, conversion.shadow, policy, run);
  run.end(file.name);
  const std::chrono::duration<double> wall = Clock::now() - begun;
  return {{"wall", wall.count()},
          {"cpu", cpu_seconds()},
          {"peak_mb", peak_megabytes()},
          {"passes", names_of(route)},
          {"records", result.rows_before},
          {"written", result.rows_after},
          {"rejected", result.rejected},
          {"went_on_at", result.went_on_at},
          {"checkpoints", run.checkpoints()},
          {"output_digest", result.output_digest}};
}

void create(const std::filesystem::path& definitions, const std::filesystem::path& file, int level) {
  migrations::Catalogue::load(definitions).create({file.filename(), file}, level);
}

}  // namespace bench
