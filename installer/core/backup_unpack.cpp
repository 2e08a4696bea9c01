// SPDX-License-Identifier: Apache-2.0
#include "core/backup_unpack.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "messages/backup.hpp"

namespace dfi {
namespace {

void compare(const BackupSet& set, const BackupArchive& archive, const fs::path& base, std::uint64_t& done,
             const BackupProgress& progress) {
  for (const auto& [entry, sha256] : archive.entries) {
    if (entry.kind != EntryKind::file) continue;
    if (sha256_file(base / entry.path) != sha256)
      throw Error(msg::backup_damaged, {{"path", set.archive_path(archive).string()}, {"entry", entry.path}});
    done += entry.size;
    if (progress) progress(done, set.bytes());
  }
}

}  // namespace

void set_attributes(const fs::path& path, const ArchiveEntry& entry) {
  if (::lchown(path.c_str(), entry.user, entry.group) != 0 && errno != EPERM) throw os_error("chown", path);
  if (entry.kind == EntryKind::link) return;
  if (::chmod(path.c_str(), entry.mode) != 0) throw os_error("chmod", path);
  for (const auto& [name, value] : entry.attributes)
    if (::lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) != 0 && errno != ENOTSUP)
      throw os_error("set attribute of", path);
  const timespec times[2] = {{entry.mtime_ns / 1'000'000'000, entry.mtime_ns % 1'000'000'000},
                             {entry.mtime_ns / 1'000'000'000, entry.mtime_ns % 1'000'000'000}};
  if (::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) throw os_error("set times of", path);
}

void unpack_entry(TarReader& reader, const ArchiveEntry& entry, const fs::path& target) {
  durable::make_directories(target.parent_path());
  if (entry.kind == EntryKind::directory) {
    durable::make_directories(target);
  } else if (entry.kind == EntryKind::link) {
    durable::flip_link(target, entry.target);
  } else {
    durable::remove(target);
    durable::NewFile file(target, entry.mode);
    std::vector<char> buffer(1 << 18);
    while (auto n = reader.read(buffer.data(), buffer.size())) file.write({buffer.data(), n});
    file.close();
  }
  set_attributes(target, entry);
}

void unpack_archive(const BackupSet& set, const BackupArchive& archive, const Place& place) {
  std::vector<std::pair<fs::path, ArchiveEntry>> directories;
  set.read(archive, [&](TarReader& reader, const BackupEntry& saved) {
    const auto target = place(saved.entry);
    if (target.empty()) return;
    unpack_entry(reader, saved.entry, target);
    if (saved.entry.kind == EntryKind::directory) directories.emplace_back(target, saved.entry);
  });
  std::for_each(directories.rbegin(), directories.rend(), [](const auto& d) { set_attributes(d.first, d.second); });
}

Drill drill_backup(const BackupSet& set, const fs::path& scratch, const BackupProgress& progress) {
  const Layout layout(scratch, set.product);
  const auto begun = monotonic_ms();
  std::uint64_t done = 0;
  for (const auto* archive : set.archives()) {
    const auto below = archive == &set.data_archive ? scratch : layout.product_base();
    unpack_archive(set, *archive, [&](const ArchiveEntry& entry) { return below / entry.path; });
    durable::sync_file_system(scratch);
    compare(set, *archive, below, done, progress);
  }
  Drill drill;
  drill.seconds = static_cast<double>(monotonic_ms() - begun) / 1000;
  drill.bytes = set.bytes();
  if (set.data_only()) return drill;
  const auto restored = Generation::current(layout);
  if (!restored) throw Error(msg::backup_damaged, {{"path", scratch.string()}, {"entry", "current"}});
  const auto tested = self_test(*restored, layout);
  if (tested.status != 0) drill.refused = tested.output.empty() ? std::to_string(tested.status) : tested.output;
  return drill;
}

}  // namespace dfi
