// SPDX-License-Identifier: Apache-2.0
// Every step's two functions; one step per file. How to add one: installer/README.md.
#pragma once

namespace dfi {

class Run;

namespace steps {
namespace fetch {
void apply(Run& run);
}
namespace verify {
void apply(Run& run);
}
namespace unpack {
void apply(Run& run);
void revert(Run& run);
}  // namespace unpack
namespace check {
void apply(Run& run);
}
namespace gate {
void apply(Run& run);
void revert(Run& run);
}  // namespace gate
namespace quiesce {
void apply(Run& run);
void revert(Run& run);
}  // namespace quiesce
namespace backup {
void apply(Run& run);
void revert(Run& run);
}  // namespace backup
namespace drill {
void apply(Run& run);
void revert(Run& run);
}  // namespace drill
namespace convert {
void apply(Run& run);
void recheck_all(Run& run);
void revert(Run& run);
}  // namespace convert
namespace stage {
void apply(Run& run);
void revert(Run& run);
}  // namespace stage
namespace activate {
void apply(Run& run);
void revert(Run& run);
}  // namespace activate
namespace configure {
void apply(Run& run);
void revert(Run& run);
}  // namespace configure
namespace start {
void apply(Run& run);
void revert(Run& run);
}  // namespace start
namespace selftest {
void apply(Run& run);
}
namespace open {
void apply(Run& run);
}
namespace keep {
void apply(Run& run);
}
namespace commit {
void apply(Run& run);
void end_update(Run& run);
}  // namespace commit
namespace take_back {
void look(Run& run);
void compare(Run& run);
void forget(Run& run);
void stage(Run& run);
void discard(Run& run);
void recheck(Run& run);
void commit(Run& run);
void retire(Run& run);
void remove(Run& run);
}  // namespace take_back

namespace uninstall {
void check(Run& run);
void rescue(Run& run);
void retire(Run& run);
void unretire(Run& run);
void remove(Run& run);
}  // namespace uninstall

namespace rehearse {
void unpack(Run& run);
void check(Run& run);
void apply(Run& run);
void tidy(Run& run);
void revert(Run& run);
}  // namespace rehearse
namespace refeed {
void check(Run& run);
void attempt(Run& run);
void forget(Run& run);
void apply(Run& run);
void recheck(Run& run);
void commit(Run& run);
void revert(Run& run);
}  // namespace refeed

namespace ptf_locate {
void apply(Run& run);
}
namespace ptf_check {
void apply(Run& run);
}
namespace ptf_save {
void apply(Run& run);
void revert(Run& run);
}  // namespace ptf_save
namespace ptf_stage {
void apply(Run& run);
void revert(Run& run);
}  // namespace ptf_stage
namespace ptf_quiesce {
void apply(Run& run);
void revert(Run& run);
}  // namespace ptf_quiesce
namespace ptf_remove_check {
void apply(Run& run);
}
namespace ptf_remove_stage {
void apply(Run& run);
}

namespace restore_locate {
void apply(Run& run);
}
namespace restore_unpack {
void apply(Run& run);
void revert(Run& run);
}  // namespace restore_unpack
}  // namespace steps
}  // namespace dfi
