// SPDX-License-Identifier: Apache-2.0
// What was written to a data file since its update was opened to the users: told by what its conversion made, which
// the conversion makes again from the original.
#pragma once
#include "steps/kept_support.hpp"

namespace dfi::steps {

/// False: size, times and inode are what they were right before the users came back.
bool touched_since_open(const Run& run, const KeptUpdate& update, const KeptFile& file);
/// Where the content at that time is made again.
fs::path baseline_path(const Run& run, const KeptFile& file);
/// Makes it, unless it is there. Of a file that was changed in place it is what is left of its present content when
/// the change is taken back and made again: the rest of what was written stays in the file.
void make_baseline(Run& run, const migrations::Catalogue& catalogue, const KeptUpdate& update, const KeptFile& file);
/// Compares with the baseline. `older` (may be empty) takes the rows that may be re-queued.
migrations::Catalogue::Carried compare_with_baseline(const Run& run, const migrations::Catalogue& catalogue,
                                                     const KeptFile& file, const fs::path& older,
                                                     const migrations::Catalogue::RowListener& tell);
/// Says what was counted; the same for machines.
Json tell_carried(Run& run, const KeptFile& file, const migrations::Catalogue::Carried& carried);

}  // namespace dfi::steps
