// SPDX-License-Identifier: Apache-2.0
// dfinstall history: all runs. dfinstall joblog [RUN]: everything a run said, in the reader's language.
#include <fmt/core.h>

#include <charconv>

#include "cli/context.hpp"
#include "messages/cli.hpp"

namespace dfi::cli {
namespace {

struct Word {
  const char* json;
  Msg text;
};

Word outcome_of(const RunRow& run) {
  if (!run.outcome) return {"unfinished", msg::outcome_unfinished};
  if (*run.outcome == Outcome::done) return {"done", msg::outcome_done};
  return {"rolled back", msg::outcome_rolled_back};
}

}  // namespace

int show_history(Context& context) {
  auto layout = context.layout();
  Json list = Json::array();
  if (auto journal = Journal::open(layout.journal(), false))
    for (const auto& run : journal->runs()) {
      auto subject = run.inputs.value(
          "release", run.inputs.value("ptf", run.inputs.value("backup", run.inputs.value("rejects", ""))));
      context.line(fmt::format("{:4}  {}  {:<15} {:<13} {}", run.id, run.started.substr(0, 19), run.verb,
                               context.say(outcome_of(run).text), subject));
      list.push_back({{"id", run.id},
                      {"verb", run.verb},
                      {"inputs", run.inputs},
                      {"started", run.started},
                      {"ended", run.ended},
                      {"outcome", outcome_of(run).json}});
    }
  if (list.empty()) context.line(msg::history_empty);
  context.result["runs"] = list;
  return 0;
}

int show_job_log(Context& context) {
  auto layout = context.layout();
  auto journal = Journal::open(layout.journal(), false);
  std::optional<RunRow> run;
  if (journal && context.options.name.empty()) {
    auto runs = journal->runs();
    if (!runs.empty()) run = runs.front();
  } else if (journal) {
    int id = 0;
    std::from_chars(context.options.name.data(), context.options.name.data() + context.options.name.size(), id);
    run = journal->run(id);
  }
  if (!run) throw Error(msg::run_not_found, {{"run", context.options.name}});
  context.line(fmt::format("{} {}  {}  {}", run->id, run->verb, run->started, context.say(outcome_of(*run).text)));
  Json rows = Json::array();
  for (const auto& row : journal->log_of(run->id)) {
    context.line(fmt::format("{} {:<7} {} {}", row.at, row.level, message_id(row.message.id),
                             text(row.message, context.options.language)));
    if (auto way_out = recovery(row.message, context.options.language); !way_out.empty() && row.level == "error")
      context.line("    → " + way_out);
    rows.push_back(to_json(row, context.options.language));
  }
  context.result["run"] = run->id;
  context.result["verb_of_run"] = run->verb;
  context.result["outcome"] = outcome_of(*run).json;
  context.result["log"] = rows;
  return 0;
}

}  // namespace dfi::cli
