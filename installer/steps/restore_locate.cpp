// SPDX-License-Identifier: Apache-2.0
// locate of a restore: the backup is read wholly and compared before anything is touched.
#include "core/backup_set.hpp"
#include "messages/backup.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::restore_locate {

void apply(Run& run) {
  auto set =
      BackupSet::find(run.layout(), run.note_text("backup").empty() ? run.input("backup") : run.note_text("backup"));
  if (set.product != run.layout().product())
    throw Error(msg::backup_of_other_product,
                {{"id", set.id}, {"product", set.product}, {"installed", run.layout().product()}});
  if (set.data_only())
    throw Error(msg::backup_data_only, {{"id", set.id}, {"archive", set.archive_path(set.data_archive).string()}});
  set.verify([&](std::uint64_t done, std::uint64_t total) { run.reporter().progress(done, total); });
  Manifest needed;
  needed.objects.push_back({"backup", "backup", 0600, set.bytes(), {}, {}});
  throw_first_blocker(checks::space(checks::space_needs(run.layout(), &needed, {})));
  run.note("backup", set.id);
}

}  // namespace dfi::steps::restore_locate
