// SPDX-License-Identifier: Apache-2.0
// dfinstall attach: shows the run that is in work again, after a lost terminal or from another one. It only reads the
// journal: the run knows nothing of it, and leaving it ends nothing.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

#include "cli/context.hpp"
#include "cli/terminal_reporter.hpp"
#include "core/run.hpp"
#include "messages/cli.hpp"
#include "messages/support.hpp"
#include "steps/plans.hpp"

namespace dfi::cli {
namespace {

// What was not yet shown, told to the reporter as the run itself would.
class Follower {
 public:
  Follower(const Journal& journal, const RunRow& run, Reporter& reporter)
      : journal_(journal), run_(run), plan_(plan_of(run)), reporter_(reporter) {}

  void show_news() {
    const auto marks = journal_.marks_of(run_.id, last_mark_);
    const auto rows = journal_.log_of(run_.id, last_row_);
    auto row = rows.begin();
    for (const auto& mark : marks) {
      for (; row != rows.end() && row->at < mark.at; ++row) show(*row);
      show(mark);
    }
    for (; row != rows.end(); ++row) show(*row);
    if (!marks.empty()) last_mark_ = marks.back().number;
    if (!rows.empty()) last_row_ = rows.back().number;
    show_progress();
  }
  const std::string& step() const { return step_; }

 private:
  void show(const LogRow& row) { reporter_.say(row.level, row.message); }

  void show(const MarkRow& mark) {
    const bool begins = mark.mark == Mark::intent, goes_back = mark.mark == Mark::reverting;
    if (!begins && !goes_back) return;
    if (!mark.item.empty()) return reporter_.item(mark.item);
    step_ = mark.step;
    for (std::size_t i = 0; i < plan_.size; ++i)
      if (mark.step == plan_.steps[i].id) {
        if (begins)
          reporter_.step(i + 1, plan_.size, plan_.steps[i].title);
        else
          reporter_.reverting(plan_.steps[i].title);
      }
  }

  void show_progress() {
    const auto progress = journal_.note(run_.id, "progress").value_or(nullptr);
    if (progress == progress_) return;
    progress_ = progress;
    if (!progress.is_null())
      reporter_.progress(progress.at("bytes").get<std::uint64_t>(), progress.at("of_bytes").get<std::uint64_t>());
  }

  const Journal& journal_;
  const RunRow& run_;
  const Plan& plan_;
  Reporter& reporter_;
  std::string step_;
  std::int64_t last_mark_ = 0, last_row_ = 0;
  Json progress_ = nullptr;
};

// What the run's own process said at its end; nothing as long as it works, and if it was killed.
std::optional<Json> ending_of(const Journal& journal, const RunRow& run) {
  auto ending = journal.note(run.id, "ending");
  if (ending && ending->at("owner") == run.owner.to_json()) return ending;
  return std::nullopt;
}

[[noreturn]] void throw_nothing_in_work(Context& context, const std::optional<Journal>& journal) {
  const auto runs = journal ? journal->runs() : std::vector<RunRow>{};
  context.result["last_run"] = nullptr;
  if (runs.empty()) throw Error(msg::nothing_in_work, {{"last", context.say(msg::history_empty)}});
  const auto& last = runs.front();
  const auto noted = journal->note(last.id, "ending");
  const std::string ending = !last.outcome ? "unfinished" : *last.outcome == Outcome::done ? "done" : "rolled_back";
  context.result["last_run"] = {{"id", last.id},
                                {"verb", last.verb},
                                {"ended", last.ended},
                                {"ending", noted ? noted->at("ending") : Json(ending)}};
  const auto id = !last.outcome                    ? msg::last_run_unfinished
                  : *last.outcome == Outcome::done ? msg::last_run_done
                                                   : msg::last_run_rolled_back;
  Args args{{"run", last.name()}, {"at", last.outcome ? last.ended : last.started}};
  throw Error(msg::nothing_in_work, {{"last", context.say(id, args)}});
}

// Until the process that works on the run has ended. False if it left no word.
std::optional<Json> follow(Context& context, const Journal& journal, const RunRow& run) {
  TerminalReporter reporter(context.options.language, context.options.json);
  Follower follower(journal, run, reporter);
  for (;;) {
    // In this order: what is written last is not missed.
    const bool alive = run.owner.alive();
    auto ending = ending_of(journal, run);
    follower.show_news();
    context.result["step"] = follower.step();
    if (ending || !alive) return ending;
    if (interrupted_by != 0)
      throw Error(msg::attach_left, {{"run", run.name()}, {"pid", std::to_string(run.owner.pid)}});
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

}  // namespace

int attach(Context& context) {
  const auto layout = context.layout();
  const auto journal = Journal::look(layout.journal());
  const auto run = journal ? journal->unfinished() : std::nullopt;
  if (!run || !run->owner.alive()) throw_nothing_in_work(context, journal);
  Args args{{"run", run->name()}, {"pid", std::to_string(run->owner.pid)}, {"since", run->started}};
  context.line(msg::attached, args);
  std::cout.flush();  // the end may be far
  context.result["run"] = run->id;
  context.result["verb_of_run"] = run->verb;
  const auto ending = follow(context, *journal, *run);
  Json rows = Json::array();
  for (const auto& row : journal->log_of(run->id)) rows.push_back(to_json(row, context.options.language));
  context.result["log"] = rows;
  if (!ending) throw Error(msg::attached_run_died, args);
  context.result["ending"] = ending->at("ending");
  if (const auto id = find_message(ending->at("message").get<std::string>())) {
    Message message{*id, {}};
    for (const auto& [name, value] : ending->at("args").items()) message.args.push_back({name, value});
    context.tell(message);
  }
  return ending->at("exit").get<int>();
}

}  // namespace dfi::cli
