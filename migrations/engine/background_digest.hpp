// SPDX-License-Identifier: Apache-2.0
// The digest of a file (see file_digest.hpp), computed on a thread of its own while others work. Internal to the
// engine.
#pragma once
#include <atomic>
#include <future>
#include <string>

#include "base/fd.hpp"
#include "migrations/engine/pace.hpp"

namespace dfi::migrations {

class BackgroundDigest {
 public:
  /// Opens the file and keeps it open until the end: to close any descriptor of a SQLite file drops the locks of this
  /// whole process on it. So this must be made before the file is locked, and outlive the lock.
  explicit BackgroundDigest(fs::path path);
  BackgroundDigest(const BackgroundDigest&) = delete;
  BackgroundDigest& operator=(const BackgroundDigest&) = delete;
  ~BackgroundDigest();
  void start();
  int fd() const { return fd_.get(); }
  /// Whether the name still leads to the file that was opened.
  bool still_there() const;
  /// Waits for the end. Throws os_error, and what the Supervisor throws.
  std::string text(Pace& pace);

 private:
  std::string compute() const;
  fs::path path_;
  Fd fd_;
  std::atomic<bool> stop_{false};
  std::future<std::string> result_;
};

}  // namespace dfi::migrations
