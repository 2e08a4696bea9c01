// SPDX-License-Identifier: Apache-2.0
// Reading small files and whole trees.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dfi {

namespace fs = std::filesystem;

/// The whole content; throws os_error. Larger than `limit` bytes is an error: small files only.
std::string read_file(const fs::path& path, std::uintmax_t limit = 64u << 20);
/// The whole content, or nothing if there is no such file.
std::optional<std::string> read_file_if_exists(const fs::path& path);

enum class EntryKind { file, directory, link, other };

/// One entry below a root; `path` is relative to it.
struct TreeEntry {
  fs::path path;
  EntryKind kind;
  mode_t mode;
  uid_t user;
  gid_t group;
  std::uintmax_t size;
  std::int64_t mtime_ns;
  std::string target;  // of a link
};

/// Everything below root, sorted by path, links not followed. An unreadable directory is an error.
std::vector<TreeEntry> walk(const fs::path& root);
/// One entry, links not followed; `relative` becomes its path. Throws os_error.
TreeEntry describe(const fs::path& path, fs::path relative);
/// Throws Error place_of_another if a link on the way from `root` to `path`, or `path` itself, was made by another user
/// than root and ourselves: as root we would read or write where he wants.
void refuse_foreign_links(const fs::path& root, const fs::path& path);
/// The file that a link leads to; `path` itself if it is no link, or one to nothing.
fs::path behind_link(const fs::path& path);
/// Extended attributes of a file or directory; none where the file system has none.
std::vector<std::pair<std::string, std::string>> extended_attributes(const fs::path& path);
/// Sum of the sizes of regular files below root; 0 if it does not exist.
std::uintmax_t tree_size(const fs::path& root);

}  // namespace dfi
