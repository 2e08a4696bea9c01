// SPDX-License-Identifier: Apache-2.0
// Which file is it really: device and inode as stat, mountinfo, maps and locks of /proc name them.
// btrfs and overlay tell stat another device than /proc/locks and maps: a file therefore has up to two keys.
#pragma once
#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dfi {

namespace fs = std::filesystem;

struct FileKey {
  std::uint64_t device = 0, inode = 0;
  auto operator<=>(const FileKey&) const = default;
};

struct FileFacts {
  FileKey key;
  std::uint64_t mount_id;  // 0 if the kernel does not tell
};

/// Follows links. Asks no server: a dead network file system does not make it wait. Nothing if it cannot be seen.
std::optional<FileFacts> facts_of(const fs::path& path);

struct Mount {
  std::uint64_t id, device;
  fs::path root, point;               // the directory of the file system that is seen at this point
  std::string type, source, options;  // "ext4", "/dev/sda2", "rw,relatime"
};
/// The mounts a process sees, later mounts last; without a number our own.
std::vector<Mount> read_mounts(pid_t pid = 0);
/// A file named in their mount name space: all names that ours has for it.
std::vector<std::string> names_here(const std::string& name, const std::vector<Mount>& theirs,
                                    const std::vector<Mount>& ours);
const Mount* find_mount(const std::vector<Mount>& mounts, const FileFacts& facts);

/// The file's keys: by stat and by the mount it lies on.
std::vector<FileKey> keys_of(const FileFacts& facts, const std::vector<Mount>& mounts);

}  // namespace dfi
