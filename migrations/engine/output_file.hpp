// SPDX-License-Identifier: Apache-2.0
// A file that a pass writes from front to back, whose digest is made on the way, and which can be cut back to a
// checkpoint. Internal to the engine.
#pragma once
#include <filesystem>
#include <future>
#include <string_view>

#include "base/fd.hpp"
#include "migrations/engine/proofs.hpp"

namespace dfi::migrations {

class OutputFile {
 public:
  OutputFile(std::filesystem::path path, std::size_t block_bytes);

  /// Throws away what lies there. The file is made by create() or by its first bytes.
  void start_anew();
  void create();
  /// Cuts the file back to `state`, its bytes until there are left to `proofs`. False if they can't be those already
  /// now; then, and where the proof fails, only start_anew() may follow.
  bool go_on(const Json& state, Proofs& proofs);

  void append(std::string_view bytes);
  void append(std::string_view bytes, const std::string& known);
  /// What was appended, and the name, survive a power cut.
  void sync();
  /// The same for what was appended until now, while more is appended. Nothing else may be done before it has ended.
  std::future<void> begin_sync();

  std::uint64_t bytes() const { return digest_.bytes(); }
  const FileDigest& digest() const { return digest_; }

 private:
  void write(std::string_view bytes);

  std::filesystem::path path_;
  std::size_t block_bytes_;
  Fd fd_;
  FileDigest digest_;
  bool named_ = false;  // the directory entry is durable
  bool unsynced_ = false;
};

}  // namespace dfi::migrations
