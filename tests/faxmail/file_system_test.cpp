// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/product/file_system.hpp"

#include <gtest/gtest.h>

namespace faxmail::test {
namespace {

TEST(FileSystem, OfTheNetworkIsKnownByItsNumber) {
  EXPECT_EQ(network_file_system(0x6969, ""), "NFS");
  EXPECT_EQ(network_file_system(0xff534d42, ""), "SMB");
  EXPECT_EQ(network_file_system(0xfe534d42, ""), "SMB");
  EXPECT_EQ(network_file_system(0x00c36400, ""), "Ceph");
  for (const std::uint32_t local : {0xef53u, 0x58465342u, 0x9123683eu, 0x01021994u, 0x2fc12fc1u, 0x794c7630u})
    EXPECT_FALSE(network_file_system(local, "fuse.sshfs")) << local;
}

TEST(FileSystem, OfFuseIsKnownByTheTypeOfItsMount) {
  EXPECT_EQ(network_file_system(0x65735546, "fuse.sshfs"), "sshfs");
  EXPECT_EQ(network_file_system(0x65735546, "fuse.glusterfs"), "glusterfs");
  for (const char* local : {"fuse.fuse-overlayfs", "fuse.gocryptfs", "fuseblk", "fuse", ""})
    EXPECT_FALSE(network_file_system(0x65735546, local)) << local;
}

TEST(FileSystem, OfThisHostIsTaken) { EXPECT_NO_THROW(require_local("/proc")); }

}  // namespace
}  // namespace faxmail::test
