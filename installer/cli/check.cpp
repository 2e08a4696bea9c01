// SPDX-License-Identifier: Apache-2.0
// dfinstall check [--watch] [RELEASE]: every precondition with the way out. dfinstall locks [FILE] (WRKOBJLCK): the
// holders alone.
#include "messages/check.hpp"

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

namespace {

// As the rows of a look call it: the name of a data file, the file name of an object.
std::string object_meant(const Layout& layout, const Generation& installed, const std::string& asked) {
  const auto path = fs::absolute(asked);
  std::string names;
  for (const auto& file : installed.spec().data_files) {
    std::error_code none;
    const auto place = data_path(layout, file);
    if (asked == file.name || asked == file.path || fs::equivalent(path, place, none)) return file.name;
    names += (names.empty() ? "" : ", ") + file.name;
  }
  for (const auto& object : installed.manifest.objects) {
    const fs::path delivered = object.path;
    if (asked == delivered || asked == delivered.filename()) return delivered.filename();
  }
  throw Error(msg::lock_object_unknown, {{"object", asked}, {"files", names}});
}

}  // namespace

int show_locks(Context& context) {
  const auto layout = context.visible_layout();
  const auto installed = context.installed(layout);
  const auto manager = service_manager(layout.root(), layout.state());
  const auto& asked = context.options.name;
  const auto holders = asked.empty()
                           ? checks::active(layout, installed.spec(), *manager)
                           : checks::locks(layout, installed.spec(), *manager, object_meant(layout, installed, asked));
  if (holders.empty()) {
    if (asked.empty())
      context.line(msg::locks_none);
    else
      context.line(msg::locks_none_of, {{"object", asked}});
  }
  context.print(holders);
  context.result["holders"] = to_json(holders, context.options.language);
  return 0;
}

}  // namespace dfi::cli
