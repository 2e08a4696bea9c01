// SPDX-License-Identifier: Apache-2.0
// Tells the engine that somebody wrote to FAXKA, without polling the file: SQLite writes every commit to the log file
// beside it. The event comes when the writing begins; the commit can be seen some milliseconds later. What the kernel
// cannot watch is found by the engine's look once a second.
#pragma once
#include <filesystem>

#include "base/fd.hpp"

namespace faxmail {

class Watcher {
 public:
  explicit Watcher(const std::filesystem::path& data_directory);
  /// Readable after a change; -1 if there is nothing to watch with.
  int fd() const { return fd_ ? fd_.get() : -1; }
  /// Forgets the changes so far. True if there were any.
  bool drain() const;

 private:
  dfi::Fd fd_;
};

}  // namespace faxmail
