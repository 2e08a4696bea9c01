// SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "messages/general.hpp"

namespace dfi {

namespace {

std::string read_all(const Fd& fd, const fs::path& path, std::uintmax_t limit) {
  std::string content;
  char buffer[65536];
  for (;;) {
    auto n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw os_error("read", path);
    if (n == 0) return content;
    content.append(buffer, static_cast<std::size_t>(n));
    if (content.size() > limit) throw os_error("read", path, EFBIG);
  }
}

}  // namespace

std::string read_file(const fs::path& path, std::uintmax_t limit) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw os_error("open", path);
  return read_all(fd, path, limit);
}

// One open decides: a file that is asked about first may be gone when it is opened (the gate's marker is read by
// daemons while dfinstall removes it).
std::optional<std::string> read_file_if_exists(const fs::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!fd) throw os_error("open", path);
  return read_all(fd, path, 64u << 20);
}

TreeEntry describe(const fs::path& path, fs::path relative) {
  struct stat st {};
  if (::lstat(path.c_str(), &st) != 0) throw os_error("stat", path);
  TreeEntry entry{std::move(relative),
                  EntryKind::other,
                  st.st_mode & 07777,
                  st.st_uid,
                  st.st_gid,
                  static_cast<std::uintmax_t>(st.st_size),
                  std::int64_t{st.st_mtim.tv_sec} * 1'000'000'000 + st.st_mtim.tv_nsec,
                  {}};
  if (S_ISREG(st.st_mode)) entry.kind = EntryKind::file;
  if (S_ISDIR(st.st_mode)) entry.kind = EntryKind::directory;
  if (S_ISLNK(st.st_mode)) {
    entry.kind = EntryKind::link;
    entry.target = fs::read_symlink(path).string();
  }
  return entry;
}

void refuse_foreign_links(const fs::path& root, const fs::path& path) {
  auto place = root;
  for (const auto& part : path.lexically_relative(root)) {
    place /= part;
    struct stat facts {};
    if (::lstat(place.c_str(), &facts) != 0) return;  // nothing is there, so nothing leads elsewhere
    if (S_ISLNK(facts.st_mode) && facts.st_uid != 0 && facts.st_uid != ::geteuid())
      throw Error(msg::place_of_another, {{"path", place.string()}, {"user", std::to_string(facts.st_uid)}});
  }
}

fs::path behind_link(const fs::path& path) {
  std::error_code none;
  return fs::is_symlink(path, none) && fs::exists(path, none) ? fs::canonical(path) : path;
}

std::vector<std::pair<std::string, std::string>> extended_attributes(const fs::path& path) {
  std::vector<std::pair<std::string, std::string>> result;
  std::vector<char> names(65536), value(65536);
  auto size = ::llistxattr(path.c_str(), names.data(), names.size());
  for (const char* name = names.data(); size > 0 && name < names.data() + size;
       name += std::char_traits<char>::length(name) + 1) {
    auto length = ::lgetxattr(path.c_str(), name, value.data(), value.size());
    if (length < 0) throw os_error("read attribute of", path);
    result.emplace_back(name, std::string(value.data(), static_cast<std::size_t>(length)));
  }
  std::sort(result.begin(), result.end());  // the kernel's order says nothing
  return result;
}

std::vector<TreeEntry> walk(const fs::path& root) {
  std::vector<TreeEntry> entries;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(root, error); it != fs::end(it); it.increment(error)) {
    if (error) break;
    entries.push_back(describe(it->path(), it->path().lexically_relative(root)));
  }
  if (error) throw os_error("read directory", root, error.value());
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return entries;
}

std::uintmax_t tree_size(const fs::path& root) {
  std::error_code error;
  if (!fs::exists(root, error)) return 0;
  std::uintmax_t sum = 0;
  for (const auto& entry : walk(root))
    if (entry.kind == EntryKind::file) sum += entry.size;
  return sum;
}

}  // namespace dfi
