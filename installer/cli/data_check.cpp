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

void show(Context& context, const Trial& trial) {
  context.line(msg::trial_file, trial_args(trial));
  for (const auto& refusal : trial.refusals)
    context.line("  " +
                 context.say(msg::trial_bad_record, {{"file", refusal.file},
                                                     {"record", std::to_string(refusal.record)},
                                                     {"conversion", refusal.conversion},
                                                     {"field", refusal.field},
                                                     {"offset", std::to_string(refusal.offset)},
                                                     {"hex", refusal.hex},
                                                     {"reason", text(refusal.reason, context.options.language)}}));
  if (trial.error)
    context.line("  " + std::string(message_id(trial.error->message().id)) + " " +
                 text(trial.error->message(), context.options.language));
}

int try_all(Context& context, const Layout& layout, const Manifest& target, const fs::path& definitions) {
  const auto plans = plan_or_explain(context, layout, target, definitions);
  const auto catalogue = migrations::Catalogue::load(definitions);
  const Scratch scratch(layout);
  throw_first_blocker(checks::space(checks::trial_space_needs(scratch.path(), plans)));
  TerminalReporter reporter(context.options.language, context.options.json);
  std::size_t bad = 0;
  Json list = Json::array();
  for (const auto& plan : plans) {
    if (!plan.converts()) continue;
    const auto trial = try_conversion(catalogue, plan, scratch.path(), context.choices().policy(),
                                      [&](std::uint64_t done, std::uint64_t total) {
                                        throw_if_interrupted();
                                        reporter.progress(done, total);
                                      });
    scratch.clear();
    bad += trial.bad();
    show(context, trial);
    list.push_back(trial.to_json(context.options.language));
  }
  context.result["data"] = list;
  context.result["bad"] = bad;
  context.result["clean"] = bad == 0;
  if (bad > 0) throw Error(msg::data_bad, {{"count", std::to_string(bad)}});
  context.line(msg::data_good);
  return 0;
}

}  // namespace

int show_data_check(Context& context) {
  const auto layout = context.layout();
  if (context.options.name.empty())
    if (const auto journal = Journal::open(layout.journal(), false))
      if (const auto run = journal->unfinished()) {
        const auto staging = layout.staging(run->id);
        if (const auto product = read_file_if_exists(staging / "product.json"))
          return try_all(context, layout, Manifest::from_text(*product, (staging / "product.json").string()),
                         staging / "definitions");
      }
  const UnpackedDefinitions unpacked(context, layout);
  return try_all(context, layout, unpacked.target(), unpacked.directory());
}

}  // namespace dfi::cli
