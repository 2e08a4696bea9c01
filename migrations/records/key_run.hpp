// SPDX-License-Identifier: Apache-2.0
// Keys from record to record: keys that only rise are unique, and need no memory to know it.
#pragma once
#include <string>
#include <string_view>

namespace dfi::records {

struct KeyRun {
  bool any = false;
  bool rising = true;       // strictly: each key is greater than the one before
  std::string first, last;  // as long as they rise

  void add(std::string_view key);
  /// The keys of the records behind these.
  void add(const KeyRun& next);
};

}  // namespace dfi::records
