// SPDX-License-Identifier: Apache-2.0
// One conversion as a run of the installer makes it: digests, durable checkpoints in a journal, synced shadow.
#pragma once
#include <filesystem>
#include <optional>

#include "base/json.hpp"

namespace bench {

struct Conversion {
  std::filesystem::path definitions, file;  // the file's name is that of the data file
  int from = 0, to = 0;
  std::filesystem::path shadow;  // the journal stands beside it
  unsigned threads = 0;          // 0: one a core
  bool fuse = true;
  std::optional<double> stop_at;  // kills this process with SIGKILL at the first checkpoint beyond this share
};

/// Goes on where an unfinished call with the same shadow came to. Wall and CPU seconds, peak memory, and what the
/// engine counted.
dfi::Json convert(const Conversion& conversion);

/// The journal that a host has before its first conversion.
void create_journal(const std::filesystem::path& shadow);

/// An empty data file of this level, as a first installation makes it.
void create(const std::filesystem::path& definitions, const std::filesystem::path& file, int level);

}  // namespace bench
