// SPDX-License-Identifier: Apache-2.0
#include "tests/crash/matrix.hpp"

#include <cstdlib>
#include <iostream>
#include <sstream>

#include "base/file.hpp"
#include "messages/rehearse.hpp"

namespace dfi::test {
namespace {

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines;
  std::istringstream text(read_file(file));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

// The part of a tree's entry before the digest.
std::string without_content(const std::string& entry) { return entry.substr(0, entry.rfind(' ')); }

bool gave_up_receiving(const Json& document) {
  const auto step = document.value("failed_step", "");
  return document.value("ending", "") == "unchanged" && (step == "fetch" || step == "locate");
}

}  // namespace

Bench::Bench(const Scenario& scenario) : scenario_(scenario) {
  scenario.prepare(host_);
  host_.mark_data_files();
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
  bring_releases_back();
  if (scenario_.services) host_.dfinstall({"start"});
}

void Bench::take_releases_away() { fs::rename(releases(), releases_away()); }

void Bench::bring_releases_back() {
  if (fs::exists(releases_away())) fs::rename(releases_away(), releases());
}

Words Bench::traced(const Words& options, const Words& verb) const {
  Words words{DFI_FAULTTRACE, "--below", host_.root().string()};
  words.insert(words.end(), options.begin(), options.end());
  for (const auto& word : host_.words(verb)) words.push_back(word);
  return words;
}

long Bench::measure() {
  bring_back();
  const auto trace = host_.directory() / "trace";
  learn(run(host_.words(verb_, DFI_CRASH_PROGRAM), {"DFI_CRASH_TRACE=" + trace.string()}));
  return static_cast<long>(lines_of(trace).size());
}

std::vector<std::string> Bench::calls() {
  bring_back();
  const auto list = host_.directory() / "calls";
  learn(run(traced({"--list", list.string()}, verb_)));
  return lines_of(list);
}

void Bench::learn(const Finished& finished) {
  EXPECT_TRUE(ended(finished));
  EXPECT_EQ(clean(), "");
  if (scenario_.goes_back) {
    EXPECT_EQ(difference(old_, now_), "");
    bring_back();
    EXPECT_TRUE(ended(host_.dfinstall({"resume"})));
    EXPECT_EQ(clean(), "");
  }
  new_ = now_;
  for (const auto& [path, entry] : old_) {
    if (path.rfind("data/", 0) != 0 || !new_.count(path)) continue;
    EXPECT_EQ(without_content(new_.at(path)), without_content(entry)) << path;
  }
}

std::string Bench::killed_at(long k, Way way) {
  bring_back();
  return after_kill(run(host_.words(verb_, DFI_CRASH_PROGRAM), {"DFI_CRASH_AT=" + std::to_string(k)}), way);
}

std::string Bench::killed_by(const Words& options, Way way) {
  bring_back();
  return after_kill(run(traced(options, verb_)), way);
}

std::string Bench::done() {
  auto wrong = clean();
  return wrong += difference(scenario_.goes_back ? old_ : new_, now_);
}

std::string Bench::after_kill(const Finished& killed, Way way) {
  if (killed.exit == 0) return done();
  if (killed.exit != 128 + 9)
    return "ended by itself with " + std::to_string(killed.exit) + "\n" + killed.out + killed.err;
  take_releases_away();
  return recover(way);
}

// It had not begun, or had ended. `rollback` would mean the last done update then.
bool Bench::nothing_unfinished() {
  const auto status = host_.status();
  return status.contains("unfinished_run") && status["unfinished_run"].is_null();
}

Words Bench::recovery(Way way) {
  if (way == Way::rollback) return {"rollback"};
  return scenario_.resume ? scenario_.resume(host_) : Words{"resume"};
}

std::string Bench::recover(Way way, bool failed_itself) {
  auto finished = host_.dfinstall(recovery(nothing_unfinished() ? Way::resume : way));
  if (finished.exit == 34) {
    way = Way::resume;
    finished = host_.dfinstall(recovery(way));
  }
  // It met an error, and another on its way back: a correction comes too late, as the message says.
  if (failed_itself && ended(finished, 26, msg::correction_back)) {
    way = Way::rollback;
    finished = host_.dfinstall(recovery(way));
  }
  auto wrong = judge(finished, way, failed_itself);
  return wrong.empty() ? wrong : wrong + finished.out + finished.err;
}

std::string Bench::stormed(const Words& options, Way way, long step, int& kills) {
  bring_back();
  const auto killed = run(traced(options, verb_));
  if (killed.exit != 128 + 9) return "was not killed\n" + killed.out + killed.err;
  take_releases_away();
  for (long k = 1; k < 10000; k += step) {
    if (way == Way::rollback && nothing_unfinished()) {
      auto wrong = recover(way);
      // An earlier recovery did all and died when it wanted to say so.
      return k > 1 ? wrong += difference(old_, now_) : wrong;
    }
    const auto finished = run(traced({"--at", std::to_string(k), "--do", "kill"}, recovery(way)));
    if (finished.exit == 34) return recover(Way::resume);
    if (finished.exit != 128 + 9) {
      const auto wrong = judge(finished, way);
      return wrong.empty() ? wrong : wrong + finished.out + finished.err;
    }
    ++kills;
  }
  return "no recovery ran through\n";
}

std::string Bench::failed_by(const Words& options, Way way, Finished& ended) {
  bring_back();
  ended = run(traced(options, verb_));
  const auto said = ended.out + ended.err;
  if (ended.exit == 0) {
    const auto wrong = done();
    return wrong.empty() ? wrong : "false success: " + wrong + said;
  }
  if (ended.exit > 128) return "died by signal " + std::to_string(ended.exit - 128) + "\n" + said;
  const auto document = ended.json();
  if (!document.contains("error") || document["error"].value("text", "").empty()) return "no message\n" + said;
  take_releases_away();
  auto status = host_.status();
  std::string wrong;
  if (!status.contains("unfinished_run") || status["unfinished_run"].is_null()) {
    if (was_installed())
      wrong = clean();
    else
      now_ = host_.state_now();
    // The last mark of the journal was written and could not be synced: it is done, and says what it does not know.
    wrong += difference_to(true, document["error"].value("name", "") == "database_failed");
  } else {
    wrong = recover(way, true);
  }
  return wrong.empty() ? wrong : wrong + said;
}

std::string Bench::judge(const Finished& finished, Way way, bool failed_itself) {
  // 105: nothing is unfinished. 6: killed before anything here knew the product.
  const bool nothing = finished.exit == 105 || (finished.exit == 6 && !was_installed());
  // 31: resume of a run whose way back was begun ends with the old state, not the one that was asked for.
  const bool went_back = finished.exit == 31 && way == Way::resume;
  // The release is gone, and it was not yet received when the run was killed.
  const bool not_received = finished.exit != 0 && way == Way::resume && gave_up_receiving(finished.json());
  if (finished.exit != 0 && !nothing && !went_back && !not_received)
    return "the recovery ended with " + std::to_string(finished.exit) + "\n";
  auto wrong = finished.exit == 6 ? std::string() : clean();
  if (finished.exit == 6) now_ = host_.state_now();
  return wrong + difference_to(nothing || not_received || way == Way::rollback || scenario_.goes_back ||
                                   (went_back && failed_itself),
                               nothing || (way == Way::resume && !not_received));
}

// What else the old state holds may belong to the file systems: lost+found.
bool Bench::was_installed() const {
  const auto first = old_.lower_bound("product/");
  return first != old_.end() && first->first.rfind("product/", 0) == 0;
}

std::string Bench::difference_to(bool may_be_old, bool may_be_new) {
  if ((may_be_new && is(new_)) || (may_be_old && is(old_))) return "";
  return (may_be_new ? "to the new state:\n" + difference(new_, now_) : "") +
         (may_be_old ? "to the old state:\n" + difference(old_, now_) : "");
}

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

bool full() {
  const char* variable = std::getenv("DFI_FULL");
  return variable && *variable == '1';
}

void report_points(const std::string& what, const std::string& verb, int survived, int points,
                   const std::string& more) {
  ::testing::Test::RecordProperty("points", points);
  ::testing::Test::RecordProperty("survived", survived);
  std::cout << "[ points ] " << what << " | " << verb << " | " << survived << " of " << points
            << (more.empty() ? "" : " | " + more) << std::endl;
}

std::vector<long> sample(long n, long first, long step) {
  std::vector<long> chosen;
  if (const char* only = std::getenv("DFI_CRASH_ONLY")) return {std::atol(only)};
  if (full()) step = 1;
  if (const char* wished = std::getenv("DFI_CRASH_STEP")) step = std::atol(wished);
  for (long k = 1; k <= n; ++k)
    if (k <= 2 || k > n - 2 || k % step == first % step) chosen.push_back(k);
  return chosen;
}

}  // namespace dfi::test
