// SPDX-License-Identifier: Apache-2.0
// dfinstall check [--watch] [RELEASE]: every precondition with the way out. dfinstall locks [FILE] (WRKOBJLCK): the
// holders alone.
#include "cli/preview.hpp"
#include "cli/watch.hpp"
#include "messages/cli.hpp"
#include "messages/run.hpp"

namespace dfi::cli {

int show_check(Context& context) {
  if (context.options.data) return show_data_check(context);
  auto layout = context.layout();
  auto installed = Generation::current(layout);
  std::optional<Preview> preview;
  if (!context.options.name.empty()) preview = preview_release(context, layout);
  if (!installed && !preview) throw Error(msg::product_unknown, {{"root", layout.root().string()}});
  const auto look = [&] { return all_findings(layout, installed, preview ? &*preview : nullptr); };
  const auto findings = may_watch(context) ? watch(context, look) : look();
  context.print(findings);
  context.line(blocks(findings) ? msg::check_blocked : msg::check_clean);
  context.result["findings"] = to_json(findings, context.options.language);
  context.result["clean"] = !blocks(findings);
  for (const auto& finding : findings)
    if (finding.severity == Severity::blocker) return exit_code(finding.message.id);
  return 0;
}

int show_locks(Context& context) {
  auto layout = context.layout();
  auto installed = Generation::current(layout);
  if (!installed) throw Error(msg::product_unknown, {{"root", layout.root().string()}});
  auto manager = service_manager(layout.root(), layout.state());
  Findings wanted;
  for (const auto& finding : checks::active(layout, installed->spec(), *manager)) {
    const bool about_file = finding.details.value("object", "") == context.options.name;
    if (context.options.name.empty() || about_file || finding.details.empty()) wanted.push_back(finding);
  }
  if (wanted.empty()) context.line(msg::locks_none);
  context.print(wanted);
  context.result["holders"] = to_json(wanted, context.options.language);
  return 0;
}

}  // namespace dfi::cli
