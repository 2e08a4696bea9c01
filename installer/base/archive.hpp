// SPDX-License-Identifier: Apache-2.0
// Archives: save files and backups are tar + zstd, releases are ZIPs of stored save files. libarchive does the formats;
// names, sizes and digests are believed from signed manifests only, so nothing here extracts
// to disk by itself.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace dfi {

/// A sequence of bytes read once, front to back.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Bytes read into `buffer`; 0 at the end. Throws Error archive_damaged or os_error.
  virtual std::size_t read(char* buffer, std::size_t size) = 0;
  /// What an error calls it.
  virtual std::string name() const = 0;
};

std::unique_ptr<ByteSource> open_file_source(const fs::path& path);

struct ArchiveEntry {
  std::string path;
  EntryKind kind = EntryKind::file;
  mode_t mode = 0644;
  uid_t user = 0;
  gid_t group = 0;
  std::uintmax_t size = 0;
  std::int64_t mtime_ns = 0;
  std::string target;                                           // of a link
  std::vector<std::pair<std::string, std::string>> attributes;  // extended attributes
};

/// Reads tar, compressed or not, from any source.
class TarReader : public ByteSource {
 public:
  explicit TarReader(std::unique_ptr<ByteSource> source);
  ~TarReader() override;
  /// The next entry, or nothing at the end. Throws Error archive_damaged.
  std::optional<ArchiveEntry> next();
  /// Bytes of the current entry.
  std::size_t read(char* buffer, std::size_t size) override;
  std::string read_all(std::size_t limit);
  std::string name() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes tar + zstd under a new name, complete and synced after commit(). Same entries in, same bytes out, whatever
/// the number of cores. The first bytes are a zstd frame which readers skip: the transfer check of transfer_check.hpp.
class TarWriter {
 public:
  /// `level` of zstd, 1 (backups) to 19.
  TarWriter(const fs::path& path, int level, mode_t mode = 0644);
  ~TarWriter();
  void add(const ArchiveEntry& entry, std::string_view bytes);
  /// Streams a regular file of exactly entry.size bytes; returns its SHA-256. A file that changes its size meanwhile is
  /// Error file_changed.
  std::string add_file(const ArchiveEntry& entry, const fs::path& source);
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads a ZIP by its central directory.
class ZipReader {
 public:
  /// Throws Error archive_truncated (no end record), archive_damaged, archive_unsafe (a name that is no plain file
  /// name, or stands twice).
  static ZipReader open(const fs::path& path);
  struct Member {
    std::string name;
    std::uintmax_t size;
  };
  const std::vector<Member>& members() const { return members_; }
  /// Reads one member in place, without unpacking it to disk. Throws Error member_missing.
  std::unique_ptr<ByteSource> open_member(const std::string& name) const;
  std::string read_member(const std::string& name, std::size_t limit) const;

 private:
  fs::path path_;
  std::vector<Member> members_;
};

/// Writes a ZIP of stored (not deflated) members; deterministic.
class ZipWriter {
 public:
  explicit ZipWriter(const fs::path& path, mode_t mode = 0644);
  ~ZipWriter();
  void add(const std::string& name, std::string_view bytes);
  void add_file(const std::string& name, const fs::path& source);
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dfi
