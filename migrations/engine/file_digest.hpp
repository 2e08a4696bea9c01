// SPDX-License-Identifier: Apache-2.0
// The digest of a large file, made and proven by several threads: XXH3 with 128 bits, chained over blocks of a fixed
// size (the last one may be shorter). D(0) is empty, D(i) = XXH3(D(i-1) + XXH3(block i)), all as hex digits; the text
// is "xxh3:D(n)/size of a block". It proves that nothing changed by accident or by work; it is no signature. Why not
// SHA-256: migrations/README.md, Decisions. Internal to the engine.
#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace dfi::migrations {

std::string block_digest(std::string_view bytes);  // hex
std::uint64_t hash64(std::string_view bytes);      // for sorting; equal bytes, equal hash

/// Reads exactly `length` bytes; throws os_error, also at an early end of the file.
void read_at(int fd, const std::filesystem::path& path, std::uint64_t offset, char* to, std::size_t length);
/// Writes all of them; throws os_error.
void write_at(int fd, const std::filesystem::path& path, std::uint64_t offset, std::string_view bytes);

/// What a checkpoint says of the whole blocks at the start of an open file.
struct FileClaim {
  int fd = -1;
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::size_t block_bytes = 0;
  std::string chain;
};
/// Whether that is so; `stop` ends it soon, and then the answer says nothing. Throws os_error.
bool holds(const FileClaim& claim, unsigned threads, const std::atomic<bool>& stop);

/// The digest of what a file has so far, from its start on.
class FileDigest {
 public:
  explicit FileDigest(std::size_t block_bytes);
  void add(std::string_view bytes);
  /// The same for bytes whose digest another thread has made; it counts if they are just the next block.
  void add(std::string_view bytes, const std::string& known);
  std::uint64_t bytes() const { return bytes_; }
  std::string text() const;

  /// What a checkpoint keeps: of constant size.
  Json state() const;
  /// Goes on at `state`. Returns what is left to prove; nothing if the file is shorter or its last bytes are others,
  /// and then this digest is worthless.
  std::optional<FileClaim> go_on(const Json& state, int fd, const std::filesystem::path& path);

 private:
  std::size_t block_bytes_;
  std::uint64_t bytes_ = 0;
  std::string chain_, tail_;  // of the whole blocks; the bytes behind them
};

/// The digest of a file as it is, by `threads` (0: one a core).
std::string file_digest(const std::filesystem::path& path, std::size_t block_bytes, unsigned threads = 0);
/// Whether a file has this digest; the text tells the size of a block.
bool has_digest(const std::filesystem::path& path, const std::string& digest, unsigned threads = 0);

}  // namespace dfi::migrations
