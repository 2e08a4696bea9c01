// SPDX-License-Identifier: Apache-2.0
// One engine per queue: an exclusive flock on the data directory, freed by the kernel when the engine dies.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "base/fd.hpp"

namespace faxmail {

class Owner {
 public:
  /// Throws Error mail_engine_running naming the other process.
  static Owner take(const std::filesystem::path& data_directory);

 private:
  explicit Owner(dfi::Fd lock) : lock_(std::move(lock)) {}
  dfi::Fd lock_;
};

/// The process that owns the queue, from /proc/locks; touches no lock.
std::optional<std::string> queue_owner(const std::filesystem::path& data_directory);

}  // namespace faxmail
