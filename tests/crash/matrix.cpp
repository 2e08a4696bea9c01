// SPDX-License-Identifier: Apache-2.0
#include "tests/crash/matrix.hpp"

#include <cstdlib>

namespace dfi::test {

Bench::Bench(const Scenario& scenario) : scenario_(scenario) {
  scenario.prepare(host_);
  verb_ = scenario.verb(host_);
  if (scenario.services) host_.dfinstall({"stop"});
  host_.end_processes();
  old_ = host_.state_now();
  run({"cp", "-a", host_.root().string(), (host_.directory() / "start").string()});
}

void Bench::bring_back() {
  host_.end_processes();
  fs::remove_all(host_.root());
  run({"cp", "-a", (host_.directory() / "start").string(), host_.root().string()});
  if (scenario_.services) host_.dfinstall({"start"});
}

long Bench::measure() {
  bring_back();
  const auto trace = host_.directory() / "trace";
  auto finished = run(host_.words(verb_, DFI_CRASH_PROGRAM), {"DFI_CRASH_TRACE=" + trace.string()});
  EXPECT_TRUE(ended(finished));
  EXPECT_EQ(clean(), "");
  if (scenario_.goes_back) {
    EXPECT_EQ(difference(old_, now_), "");
    bring_back();
    EXPECT_TRUE(ended(host_.dfinstall({"resume"})));
    EXPECT_EQ(clean(), "");
  }
  new_ = now_;
  const auto text = read_file(trace);
  return std::count(text.begin(), text.end(), '\n');
}

std::string Bench::killed_at(long k, Way way) {
  bring_back();
  auto killed = run(host_.words(verb_, DFI_CRASH_PROGRAM), {"DFI_CRASH_AT=" + std::to_string(k)});
  if (killed.exit == 0) return clean() + difference(scenario_.goes_back ? old_ : new_, now_);
  if (killed.exit != 128 + 9)
    return "ended by itself with " + std::to_string(killed.exit) + "\n" + killed.out + killed.err;
  // Nothing is unfinished: it had not begun, or had ended. `rollback` would mean the last done update then.
  const auto status = host_.status();
  if (way == Way::rollback && status.contains("unfinished_run") && status["unfinished_run"].is_null())
    return judge({105, "", ""}, way);
  auto finished = host_.dfinstall({way == Way::resume ? "resume" : "rollback"});
  if (finished.exit == 34) {
    way = Way::resume;
    finished = host_.dfinstall({"resume"});
  }
  auto wrong = judge(finished, way);
  return wrong.empty() ? wrong : wrong + finished.out + finished.err;
}

std::string Bench::judge(const Finished& finished, Way way) {
  // 105: nothing is unfinished. 6: killed before anything here knew the product.
  const bool nothing = finished.exit == 105 || (finished.exit == 6 && old_.empty());
  // 31: resume of a run whose way back was begun ends with the old state, not the one that was asked for.
  const bool went_back = finished.exit == 31 && way == Way::resume;
  if (finished.exit != 0 && !nothing && !went_back)
    return "the recovery ended with " + std::to_string(finished.exit) + "\n";
  auto wrong = finished.exit == 6 ? std::string() : clean();
  if (finished.exit == 6) now_ = host_.state_now();
  const bool may_be_new = nothing || way == Way::resume;
  const bool may_be_old = nothing || way == Way::rollback || scenario_.goes_back;
  if ((may_be_new && is(new_)) || (may_be_old && is(old_))) return wrong;
  return wrong + (may_be_new ? "to the new state:\n" + difference(new_, now_) : "") +
         (may_be_old ? "to the old state:\n" + difference(old_, now_) : "");
}

// Nothing is left over, nothing unfinished, the gate is open, the product works. Notes the state.
std::string Bench::clean() {
  std::string wrong = left_overs(host_.root(), host_.product());
  auto status = host_.status();
  for (const char* key : {"unfinished_run", "gate"})
    if (!status.contains(key) || !status[key].is_null()) wrong += std::string(key) + ": " + status.dump() + "\n";
  if (fs::exists(host_.current()))
    for (const char* service : {"demod", "demomon"})
      if (!host_.service_pid(service)) {
        const auto record = host_.state("services") / service;
        wrong += std::string(service) +
                 " does not run: " + read_file_if_exists(record.string() + ".json").value_or("-") +
                 read_file_if_exists(record.string() + ".log").value_or("-") + "\n";
      }
  host_.end_processes();
  now_ = host_.state_now();
  return wrong;
}

std::vector<long> sample(long n, long first) {
  std::vector<long> chosen;
  if (const char* only = std::getenv("DFI_CRASH_ONLY")) return {std::atol(only)};
  const char* full = std::getenv("DFI_FULL");
  for (long k = 1; k <= n; ++k)
    if ((full && *full == '1') || k <= 2 || k > n - 2 || k % 5 == first % 5) chosen.push_back(k);
  return chosen;
}

}  // namespace dfi::test
