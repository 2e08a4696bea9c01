// SPDX-License-Identifier: Apache-2.0
#include "system/file_facts.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdio>
#include <sstream>
#include <string>

#include "system/proc_facts.hpp"

namespace dfi {
namespace {

/// mountinfo writes space, tab, newline and backslash as three octal digits.
std::string unescape(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      result += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

/// "/bin/x" for "/opt/bin/x" below "/opt"; empty for the directory itself.
std::optional<std::string> rest_below(const fs::path& directory, const std::string& name) {
  const auto prefix = directory == "/" ? std::string() : directory.native();
  if (name.compare(0, prefix.size(), prefix) != 0) return std::nullopt;
  if (name.size() > prefix.size() && name[prefix.size()] != '/') return std::nullopt;
  return name.substr(prefix.size());
}

std::string joined(const fs::path& directory, const std::string& rest) {
  return directory == "/" ? (rest.empty() ? "/" : rest) : directory.native() + rest;
}

}  // namespace

std::optional<FileFacts> facts_of(const fs::path& path) {
  struct statx st {};
  if (::statx(AT_FDCWD, path.c_str(), AT_STATX_DONT_SYNC, STATX_INO | STATX_MNT_ID, &st) != 0) return std::nullopt;
  FileFacts facts{{makedev(st.stx_dev_major, st.stx_dev_minor), st.stx_ino}, 0};
  if (st.stx_mask & STATX_MNT_ID) facts.mount_id = st.stx_mnt_id;
  return facts;
}

std::vector<Mount> read_mounts(pid_t pid) {
  std::vector<Mount> mounts;
  std::istringstream lines(proc::slurp(pid == 0 ? fs::path("/proc/self/mountinfo") : proc::path(pid, "mountinfo")));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::uint64_t id = 0, parent = 0;
    std::string device, root, point, options, word, type, source;
    unsigned major = 0, minor = 0;
    if (!(fields >> id >> parent >> device >> root >> point >> options)) continue;
    if (std::sscanf(device.c_str(), "%u:%u", &major, &minor) != 2) continue;
    while (fields >> word && word != "-") {
    }
    fields >> type >> source;
    mounts.push_back({id, makedev(major, minor), unescape(root), unescape(point), type, unescape(source), options});
  }
  return mounts;
}

std::vector<std::string> names_here(const std::string& name, const std::vector<Mount>& theirs,
                                    const std::vector<Mount>& ours) {
  const Mount* covering = nullptr;
  std::string below;
  for (const auto& mount : theirs)
    if (const auto rest = rest_below(mount.point, name)) {
      if (covering && covering->point.native().size() > mount.point.native().size()) continue;
      covering = &mount;
      below = *rest;
    }
  std::vector<std::string> names;
  if (!covering) return names;
  const auto on_file_system = joined(covering->root, below);
  for (const auto& mount : ours)
    if (mount.device == covering->device)
      if (const auto rest = rest_below(mount.root, on_file_system)) names.push_back(joined(mount.point, *rest));
  return names;
}

const Mount* find_mount(const std::vector<Mount>& mounts, const FileFacts& facts) {
  for (const auto& mount : mounts)
    if (mount.id == facts.mount_id) return &mount;
  return nullptr;
}

std::vector<FileKey> keys_of(const FileFacts& facts, const std::vector<Mount>& mounts) {
  std::vector<FileKey> keys{facts.key};
  const auto* mount = find_mount(mounts, facts);
  if (mount && mount->device != facts.key.device) keys.push_back({mount->device, facts.key.inode});
  return keys;
}

}  // namespace dfi
