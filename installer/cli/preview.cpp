// SPDX-License-Identifier: Apache-2.0
#include "cli/preview.hpp"

#include <unistd.h>

#include "cli/terminal_reporter.hpp"
#include "core/release.hpp"
#include "core/repository.hpp"
#include "messages/run.hpp"

namespace dfi::cli {

UnpackedDefinitions::UnpackedDefinitions(Context& context, const Layout& layout)
    : directory_(layout.state() / "staging" / ("preview-" + std::to_string(::getpid()))) {
  auto config = HostConfig::load(layout.root());
  auto keys = TrustedKeys::load(Layout::keys(layout.root()));
  auto options = download_options(config);
  TerminalReporter reporter(context.options.language, context.options.json);
  options.progress = [&](std::uint64_t done, std::uint64_t total) { reporter.progress(done, total); };
  auto release =
      Release::open(receive_release(layout, context.options.name, config, options, keys), keys, layout.product());
  release.verify(nullptr);
  target_ = release.save_file(product_save_file).manifest();
  durable::make_directories(directory_, 0700);
  release.save_file(formats_save_file).unpack(directory_);
}

UnpackedDefinitions::~UnpackedDefinitions() {
  std::error_code left_for_the_next_run;
  fs::remove_all(directory_, left_for_the_next_run);
}

std::vector<DataFilePlan> plan_or_explain(const Context& context, const Layout& layout, const Manifest& target,
                                          const fs::path& definitions) {
  const auto installed = Generation::current(layout);
  try {
    return plan_data_files(layout, target, migrations::Catalogue::load(definitions), installed, context.choices());
  } catch (...) {
    throw_first_blocker(checks::version_path(installed, target));
    if (installed)
      throw_first_blocker(checks::active(layout, installed->spec(), *service_manager(layout.root(), layout.state())));
    throw;
  }
}

Preview preview_release(Context& context, const Layout& layout) {
  const UnpackedDefinitions unpacked(context, layout);
  return {unpacked.target(), plan_or_explain(context, layout, unpacked.target(), unpacked.directory()),
          context.choices()};
}

Findings all_findings(const Layout& layout, const std::optional<Generation>& installed, const Preview* preview) {
  Findings findings;
  auto add = [&](const Findings& more) { findings.insert(findings.end(), more.begin(), more.end()); };
  if (auto journal = Journal::open(layout.journal(), false))
    if (auto run = journal->unfinished())
      add({{Severity::blocker,
            {msg::run_unfinished,
             {{"run", std::to_string(run->id) + " (" + run->verb + ")"}, {"since", run->started}}}}});
  if (preview) add(checks::version_path(installed, preview->target));
  add(checks::space(checks::space_needs(layout, preview ? &preview->target : nullptr,
                                        preview ? preview->files : std::vector<DataFilePlan>{})));
  auto manager = service_manager(layout.root(), layout.state());
  if (installed)
    add(checks::active(layout, installed->spec(), *manager));
  else if (preview)
    add(checks::active(layout, *preview->target.spec, *manager));
  if (preview) {
    add(checks::dependents(preview->files, preview->choices));
  } else if (installed && fs::exists(layout.definitions())) {
    auto files =
        plan_data_files(layout, installed->manifest, migrations::Catalogue::load(layout.definitions()), installed);
    add(checks::dependents(files));
  }
  if (installed) add(checks::foreign_objects(layout, *installed));
  return findings;
}

}  // namespace dfi::cli
