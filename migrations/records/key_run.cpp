// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/key_run.hpp"

namespace dfi::records {

void KeyRun::add(std::string_view key) {
  if (!rising) return;
  if (!any)
    first = key;
  else if (key <= last)
    rising = false;
  any = true;
  last = key;
}

void KeyRun::add(const KeyRun& next) {
  if (!next.any || !rising) return;
  if (!any)
    first = next.first;
  else if (next.first <= last)
    rising = false;
  rising = rising && next.rising;
  any = true;
  last = next.last;
}

}  // namespace dfi::records
