// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/kinds.hpp"

namespace dfi::migrations::external_kind {
void prove(const Edge&) {}
Catalogue::Result convert(const Work& work) {
  throw conversion_failed(*work.edges.front().conversion, work.file, "not made yet");
}
}  // namespace dfi::migrations::external_kind
