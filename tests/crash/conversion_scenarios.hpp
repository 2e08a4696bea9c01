// SPDX-License-Identifier: Apache-2.0
// Start states of conversions of every kind, and the runs that only they have.
#pragma once
#include "tests/support/product.hpp"

namespace dfi::test {

/// Record files with several checkpoints, and a change in place.
void with_records(Host& host);
/// Two records were rejected, and are repaired now.
void rejected_and_repaired(Host& host);
Words refeed(Host& host);
/// Records that become rows. (Checkpoints inside a load: tests/migrations, InterruptedLoads.)
void with_a_load(Host& host);
/// A record file with a hard and a symbolic link to it, and a database that lies elsewhere behind a link.
void with_further_names(Host& host);
/// The update stopped at a bad record; the hotline's conversion does not take the sum along that cannot be read.
void with_a_correction(Host& host);
Words resume_with_ptf(Host& host);
/// The update stopped at a bad record behind the checkpoint, and goes on with other wishes.
void stopped_late(Host& host);
Words resume_otherwise(Host& host);
/// A conversion by a program of the release. It waits once where a file at-0 (before it reads), at-1 (while it
/// writes) or at-2 (before it ends) in the host's directory says so, and writes its pids beside it.
void by_a_program(Host& host);

}  // namespace dfi::test
