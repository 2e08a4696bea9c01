// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/product/file_system.hpp"

#include <mntent.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>

#include "base/error.hpp"
#include "messages/mail.hpp"

namespace faxmail {
namespace {

constexpr std::uint32_t fuse = 0x65735546;

/// linux/magic.h names only some of them.
constexpr struct {
  std::uint32_t magic;
  const char* name;
} network_magics[] = {{0x6969, "NFS"},        {0x517b, "SMB"},           {0xff534d42, "SMB"},   {0xfe534d42, "SMB"},
                      {0x564c, "NCP"},        {0x5346414f, "AFS"},       {0x6b414653, "AFS"},   {0x73757245, "Coda"},
                      {0x00c36400, "Ceph"},   {0x0bd00bd0, "Lustre"},    {0x47504653, "GPFS"},  {0x01161970, "GFS2"},
                      {0x7461636f, "OCFS2"},  {0x19830326, "BeeGFS"},    {0xaad7aaea, "PanFS"}, {0x01021997, "9P"},
                      {0xbacbacbc, "VMware"}, {0x786f4256, "VirtualBox"}};

/// Other FUSE file systems are as local as what lies below them.
constexpr const char* network_fuses[] = {"sshfs",     "rclone",    "s3fs",    "glusterfs", "davfs",
                                         "curlftpfs", "smbnetfs",  "ceph",    "ceph-fuse", "gcsfuse",
                                         "blobfuse",  "blobfuse2", "juicefs", "mfs",       "seaweedfs"};

/// The type of the mount that holds `directory`: of the longest mount point above it.
std::string mount_type_of(const fs::path& directory) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> mounts(::setmntent("/proc/self/mounts", "r"), ::endmntent);
  std::string type;
  std::size_t longest = 0;
  mntent entry{};
  char buffer[4096];
  while (mounts && ::getmntent_r(mounts.get(), &entry, buffer, sizeof buffer)) {
    const fs::path point = entry.mnt_dir;
    const auto depth = static_cast<std::size_t>(std::distance(point.begin(), point.end()));
    const auto differs = std::mismatch(point.begin(), point.end(), directory.begin(), directory.end()).first;
    if (differs != point.end() || depth < longest) continue;
    longest = depth;
    type = entry.mnt_type;
  }
  return type;
}

}  // namespace

std::optional<std::string> network_file_system(std::uint32_t magic, const std::string& mount_type) {
  for (const auto& known : network_magics)
    if (known.magic == magic) return known.name;
  if (magic != fuse || mount_type.rfind("fuse.", 0) != 0) return std::nullopt;
  const auto name = mount_type.substr(5);
  const bool network = std::find(std::begin(network_fuses), std::end(network_fuses), name) != std::end(network_fuses);
  return network ? std::optional(name) : std::nullopt;
}

void require_local(const fs::path& directory) {
  struct statfs facts {};
  if (::statfs(directory.c_str(), &facts) != 0) throw dfi::os_error("statfs", directory);
  const auto magic = static_cast<std::uint32_t>(facts.f_type);
  std::error_code none;
  const auto kind = network_file_system(magic, magic == fuse ? mount_type_of(fs::canonical(directory, none)) : "");
  if (kind) throw dfi::Error(dfi::msg::mail_data_on_network, {{"path", directory.string()}, {"kind", *kind}});
}

}  // namespace faxmail
