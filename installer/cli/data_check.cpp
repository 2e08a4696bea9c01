// SPDX-License-Identifier: Apache-2.0
// dfinstall check --data [RELEASE]: every record of every data file that would be converted, on private copies. While a
// run is unfinished and no release is named, its definitions count: those at which it stopped.
#include <unistd.h>

#include "base/file.hpp"
#include "cli/preview.hpp"
#include "cli/terminal_reporter.hpp"
#include "core/run.hpp"
#include "messages/rehearse.hpp"

namespace dfi::cli {
namespace {

class Scratch {
 public:
  explicit Scratch(const Layout& layout)
      : path_(layout.state() / "staging" / ("check-" + std::to_string(::getpid()))) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { clear(); }
  void clear() const {
    std::error_code left_for_the_next_run;
    fs::remove_all(path_, left_for_the_next_run);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string bad_record(const Context& context, const migrations::Refusal& refusal) {
  std::string told;
  for (const auto& line : lines_of(refusal)) told += " " + text(line, context.options.language);
  return " " + told;
}

/// What is looked at, and how it would be converted.
struct Wanted {
  Manifest target;
  fs::path definitions;
  ConversionChoices choices;
};

/// Tells every bad record at once: there may be more of them than memory. Only a JSON document must collect them.
class DataCheck {
 public:
  DataCheck(Context& context, const Layout& layout, Wanted wanted)
      : context_(context),
        layout_(layout),
        wanted_(std::move(wanted)),
        plans_(plan_or_explain(layout, wanted_.target, wanted_.definitions, wanted_.choices)),
        catalogue_(migrations::Catalogue::load(wanted_.definitions)),
        scratch_(layout),
        reporter_(context.options.language, context.options.json) {}

  int run() {
    throw_first_blocker(checks::space(checks::trial_space_needs(scratch_.path(), plans_)));
    const auto prediction = predict_downtime(layout_, plans_);
    Json list = Json::array();
    for (const auto& plan : plans_) {
      show_file(context_, plan, prediction);
      if (plan.converts()) list.push_back(try_file(plan));
    }
    show_findings();
    context_.result["data"] = list;
    context_.result["bad"] = found_.total();
    context_.result["found"] = found_.to_json();
    context_.result["clean"] = found_.total() == 0;
    if (found_.total() > 0) throw Error(found_.verdict().id, found_.verdict().args);
    context_.line(msg::data_good);
    return 0;
  }

 private:
  Json try_file(const DataFilePlan& plan) {
    const auto language = context_.options.language;
    Json refusals = Json::array();
    const TrialListener listener{[&](std::uint64_t done, std::uint64_t total) {
                                   throw_if_interrupted();
                                   reporter_.progress(done, total);
                                 },
                                 [&](const migrations::Refusal& refusal) {
                                   if (context_.options.json)
                                     return refusals.push_back(dfi::to_json(refusal, language));
                                   reporter_.clear_bar();
                                   context_.line("  " + bad_record(context_, refusal));
                                 }};
    const auto trial = try_conversion(catalogue_, plan, scratch_.path(), wanted_.choices.policy(), listener);
    scratch_.clear();
    reporter_.clear_bar();
    found_.add(trial.found);
    if (trial.error)
      context_.line("    " + std::string(message_id(trial.error->message().id)) + " " +
                    text(trial.error->message(), language));
    context_.line("  " + context_.say(msg::trial_file, trial_args(trial)));
    auto json = trial.to_json(language);
    json["refusals"] = std::move(refusals);
    json["plan"] = file_json(plan);
    return json;
  }

  // Not in the way of a trial, but of the update.
  void show_findings() {
    const auto installed = Generation::current(layout_);
    auto findings = checks::dependents(plans_, wanted_.choices);
    const auto manager = service_manager(layout_.root(), layout_.state());
    for (const auto& holder : checks::active(layout_, installed ? installed->spec() : *wanted_.target.spec, *manager))
      findings.push_back(holder);
    context_.print(findings);
    context_.result["findings"] = dfi::to_json(findings, context_.options.language);
  }

  Context& context_;
  const Layout& layout_;
  const Wanted wanted_;
  std::vector<DataFilePlan> plans_;
  migrations::Catalogue catalogue_;
  Scratch scratch_;
  TerminalReporter reporter_;
  Found found_;
};

}  // namespace

int show_data_check(Context& context) {
  const auto layout = context.layout();
  const auto said = context.choices();
  if (context.options.name.empty())
    if (const auto journal = Journal::open(layout.journal(), false))
      if (const auto run = journal->unfinished()) {
        const auto staging = layout.staging(run->id);
        if (const auto product = read_file_if_exists(staging / "product.json")) {
          const auto target = Manifest::from_text(*product, (staging / "product.json").string());
          const auto choices = ConversionChoices::of_run(
              run->inputs, std::as_const(*journal).note(run->id, "conversion"), said.to_json());
          return DataCheck(context, layout, {target, staging / "definitions", choices}).run();
        }
      }
  const UnpackedDefinitions unpacked(context, layout);
  return DataCheck(context, layout, {unpacked.target(), unpacked.directory(), said}).run();
}

}  // namespace dfi::cli
