// SPDX-License-Identifier: Apache-2.0
// The verbs that change something: each is a plan executed, resumed or rolled back by the runner.
#include <fmt/core.h>

#include "base/file.hpp"
#include "base/gate.hpp"
#include "base/signature.hpp"
#include "cli/context.hpp"
#include "cli/terminal_reporter.hpp"
#include "core/generation.hpp"
#include "core/release.hpp"
#include "core/repository.hpp"
#include "core/runner.hpp"
#include "core/temporaries.hpp"
#include "messages/ptf.hpp"
#include "messages/rehearse.hpp"
#include "messages/rollback.hpp"
#include "messages/run.hpp"
#include "messages/uninstall.hpp"
#include "steps/correction_support.hpp"
#include "steps/deadline_support.hpp"
#include "steps/kept_support.hpp"
#include "steps/plans.hpp"
#include "steps/since_open_support.hpp"
#include "steps/units_support.hpp"

namespace dfi::cli {
namespace {

// What the ending means, beside the cause.
Message summary(const RunResult& result, const Run& run) {
  Args args{{"run", run.name()}, {"step", result.failed_step}};
  switch (result.ending) {
    case Ending::done: return {msg::run_done, args};
    case Ending::suspended: return {result.exit_code == 30 ? msg::run_suspended : msg::run_waits_forward, args};
    case Ending::rolled_back: return {msg::run_rolled_back, args};
    case Ending::unchanged: return {msg::run_unchanged, args};
    case Ending::broken: break;
  }
  return {msg::run_broken, args};
}

// What conversions came to: results, the state at an abort, a rehearsal.
void show_conversions(Context& context, const RunResult& result, const Run& run) {
  if (const auto results = run.note("conversions")) {
    context.result["conversions"] = Json::array();
    for (const auto& entry : results->items()) context.result["conversions"].push_back(entry.value());
  }
  if (const auto rehearsal = run.note("rehearsal")) context.result["rehearsal"] = *rehearsal;
  if (const auto written = run.note("written_since")) context.result["written_since"] = *written;
  const auto abort = run.note("abort");
  if (result.ending != Ending::suspended || !abort || abort->is_null()) return;
  context.result["abort"] = *abort;
  for (const auto& state : abort->at("files")) {
    const auto word = state.at("state").get<std::string>();
    const auto id = word == "aborted"    ? msg::state_aborted
                    : word == "finished" ? msg::state_finished
                                         : msg::state_not_started;
    context.line(fmt::format("    {:<12} {}", state.at("file").get<std::string>(), context.say(id)));
  }
}

// What a rollback of a done update exported.
void show_carried(Context& context, const Run& run) {
  const auto carried = run.note("carried");
  if (!carried) return;
  Json files = Json::array();
  for (const auto& entry : carried->items()) files.push_back(entry.value());
  const auto directory = run.layout().carry_over(run.id()).string();
  context.result["carry_over"] = {{"directory", directory}, {"files", files}};
  std::string names;
  for (const auto& file : files) names += (names.empty() ? "" : ", ") + file.at("file").get<std::string>();
  if (!names.empty()) context.line(msg::carried_over, {{"directory", directory}, {"files", names}});
}

// The rehearsal itself went well; what it found has an exit code and a way out.
std::optional<Message> rehearsed_badly(const Run& run, const RunResult& result) {
  const auto rehearsal = run.note("rehearsal");
  if (result.exit_code != 0 || !rehearsal) return std::nullopt;
  const auto found = Found::from_json(rehearsal->at("found"));
  return found.total() == 0 ? std::nullopt : std::optional(found.verdict());
}

// For `attach`: how this process left the run.
void note_ending(Run& run, const Json& word, int exit, const Message& message) {
  try {
    run.note("ending", {{"ending", word},
                        {"exit", exit},
                        {"message", message.id.name},
                        {"args", args_json(message.args)},
                        {"owner", ProcessIdentity::current().to_json()}});
  } catch (const Error&) {
    // Most likely a full disk; what the run came to stands in its marks.
  }
}

int conclude(Context& context, const RunResult& result, Run& run) {
  static constexpr const char* words[] = {"done", "unchanged", "suspended", "rolled_back", "broken"};
  const auto found_bad = rehearsed_badly(run, result);
  const auto message = found_bad ? *found_bad : summary(result, run);
  context.result["run"] = run.id();
  context.result["ending"] = words[static_cast<int>(result.ending)];
  if (!result.failed_step.empty()) context.result["failed_step"] = result.failed_step;
  if (result.error) {
    context.result["error"] = error_json(*result.error, context.options.language);
    if (!context.options.json) print_error(*result.error, context.options.language);
  }
  if (result.recovery_error) {
    context.result["recovery_error"] = error_json(*result.recovery_error, context.options.language);
    if (!context.options.json) print_error(*result.recovery_error, context.options.language);
  }
  if (auto generation = Generation::current(run.layout())) {
    context.result["level"] = generation->level();
    context.result["generation"] = generation->name;
  }
  if (result.evidence) context.result["evidence"] = result.evidence->string();
  show_conversions(context, result, run);
  if (result.ending == Ending::done) show_carried(context, run);
  context.result["message"] = text(message, context.options.language);
  context.tell(message);
  const int exit = found_bad ? exit_code(found_bad->id) : result.exit_code;
  note_ending(run, context.result["ending"], exit, message);
  return exit;
}

// Everything a run needs, in the order in which it is taken.
struct Workplace {
  Layout layout;
  RunLock lock;
  Journal journal;
  std::unique_ptr<ServiceManager> services;
  TerminalReporter reporter;

  Workplace(Context& context, Layout where)
      : layout(std::move(where)),
        lock(RunLock::take(layout)),
        journal(*Journal::open(layout.journal(), true)),
        services(service_manager(layout.root(), layout.state())),
        reporter(context.options.language, context.options.json) {
    sweep_temporaries(layout);
  }
};

int execute_new(Context& context, Layout layout, const Plan& plan, const Json& inputs) {
  Workplace place(context, std::move(layout));
  if (auto open = place.journal.unfinished())
    throw Error(msg::run_unfinished, {{"run", open->name()}, {"since", open->started}});
  gate::remove_orphan(place.layout.data());
  const int id = place.journal.begin_run(plan.verb, inputs);
  Run run(id, plan.verb, inputs, place.layout, place.journal, *place.services, place.reporter);
  steps::watch_deadline(run);
  return conclude(context, Runner(plan, run, place.journal).execute(), run);
}

// What `resume` says otherwise than the command that began the run; counts for files that are not finished.
void take_new_wishes(const Context& context, Run& run) {
  if (!context.options.with_ptf.empty()) steps::accept_correction(run, context.options.with_ptf);
  const auto wishes = context.choices().to_json();
  if (wishes.empty()) return;
  auto noted = run.note("conversion").value_or(Json::object());
  noted.update(wishes);
  run.note("conversion", noted);
  std::string words;
  for (const auto& [name, value] : wishes.items()) words += (words.empty() ? "" : ", ") + name + " " + value.dump();
  run.say(msg::choices_changed, {{"choices", words}});
}

int continue_unfinished(Context& context, bool forward) {
  Workplace place(context, context.layout());
  auto open = place.journal.unfinished();
  if (!open && !forward) throw Error(msg::nothing_to_take_back);
  if (!open) throw Error(msg::nothing_unfinished, {{"verb", context.options.verb}});
  place.journal.take_over(open->id);
  const auto& plan = plan_of(*open);
  Run run(open->id, open->verb, open->inputs, place.layout, place.journal, *place.services, place.reporter);
  Runner runner(plan, run, place.journal);
  run.note("abort", nullptr);  // of an earlier try
  if (forward) {
    take_new_wishes(context, run);
    run.note("deadline", context.deadline());
    steps::watch_deadline(run);
    steps::forbid_again(run);
  } else if (runner.released()) {
    context.result["written_since"] = steps::tell_written_since(run);
  }
  return conclude(context, forward ? runner.execute() : runner.rollback(), run);
}

// First installation: nothing here names the product yet, so the release does.
Layout layout_for_update(const Context& context) {
  if (auto product = find_product(context.options.root, context.options.product))
    return Layout(context.options.root, *product);
  auto keys = TrustedKeys::load(Layout::keys(context.options.root));
  const fs::path asked = context.options.name;
  if (!asked.empty() && fs::exists(asked))
    return Layout(context.options.root, Release::open(asked, keys, "").document().product);
  auto config = HostConfig::load(context.options.root);
  if (!config.repository.empty())
    return Layout(context.options.root,
                  RepositoryIndex::fetch(config.repository, download_options(config), keys).product);
  return context.layout();  // says what is missing
}

// The done update that `rollback` means if no run is unfinished.
std::optional<steps::KeptUpdate> takeable(const Layout& layout) {
  const auto journal = Journal::open(layout.journal(), false);
  if (!journal || journal->unfinished()) return std::nullopt;
  return steps::kept_update(*journal);
}

}  // namespace

int run_update(Context& context) {
  auto asked = context.options.name;
  if (!asked.empty() && fs::exists(asked)) asked = fs::absolute(asked).string();
  const auto deadline = context.deadline();
  // Nobody is asked while a deadline passes.
  const auto usual = deadline.is_null() ? "suspend" : "rollback";
  const auto on_failure = context.options.on_failure.empty() ? usual : context.options.on_failure;
  return execute_new(context, layout_for_update(context), update_plan,
                     {{"release", asked},
                      {"on_failure", on_failure},
                      {"deadline", deadline},
                      {"conversion", context.choices().to_json()}});
}

int run_rehearse(Context& context) {
  auto asked = context.options.name;
  if (!asked.empty() && fs::exists(asked)) asked = fs::absolute(asked).string();
  auto layout = context.layout();
  context.installed(layout);
  return execute_new(context, layout, rehearse_plan, {{"release", asked}, {"conversion", context.choices().to_json()}});
}

int run_convert(Context& context) {
  auto layout = context.layout();
  context.installed(layout);
  return execute_new(context, layout, refeed_plan, {{"rejects", fs::absolute(context.options.rejects).string()}});
}

int run_resume(Context& context) { return continue_unfinished(context, true); }

int run_rollback(Context& context) {
  const auto layout = context.layout();
  const auto update = takeable(layout);
  if (!update) return continue_unfinished(context, false);
  return execute_new(context, layout, update->first() ? first_rollback_plan : rollback_plan,
                     {{"update", update->run}, {"first", update->first()}, {"carry_over", context.options.carry_over}});
}

int run_commit(Context& context) {
  const auto layout = context.layout();
  const auto journal = Journal::open(layout.journal(), false);
  const auto update = journal ? steps::kept_update(*journal) : std::nullopt;
  if (!update && !(journal && journal->unfinished())) throw Error(msg::nothing_to_commit);
  return execute_new(context, layout, commit_plan, {{"update", update ? Json(update->run) : Json()}});
}

int run_ptf_apply(Context& context) {
  auto asked = context.options.name;
  if (fs::is_regular_file(asked)) asked = fs::absolute(asked).string();
  auto layout = context.layout();
  context.installed(layout);
  return execute_new(context, layout, ptf_apply_plan, {{"ptf", asked}});
}

int run_ptf_remove(Context& context) {
  auto layout = context.layout();
  context.installed(layout);
  return execute_new(context, layout, ptf_remove_plan, {{"ptf", context.options.name}});
}

int run_backup_create(Context& context) {
  auto layout = context.layout();
  context.installed(layout);
  return execute_new(context, layout, backup_plan, Json::object());
}

int run_backup_drill(Context& context) {
  return execute_new(context, context.layout(), drill_plan, {{"backup", context.options.name}});
}

int run_uninstall(Context& context) {
  const auto layout = context.layout();
  const auto installed = context.installed(layout);
  const bool purge = context.options.purge;
  if (!context.options.yes)
    throw Error(msg::uninstall_unconfirmed, {{"product", layout.product()},
                                             {"level", installed.level()},
                                             {"what", purge ? context.say(msg::uninstall_with_data) : ""}});
  return execute_new(context, layout, uninstall_plan, {{"purge", purge}});
}

int run_backup_restore(Context& context) {
  return execute_new(context, context.layout(), restore_plan, {{"backup", context.options.name}});
}

}  // namespace dfi::cli
