// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include "sandbox.hpp"
#include "system/system.hpp"

namespace dfi::test {
namespace {

TEST(Space, IsThatOfTheNearestExistingParent) {
  const Sandbox box;
  const auto here = space_of(box.path), below = space_of(box.path / "not/yet/there");
  EXPECT_EQ(here.device, below.device);
  EXPECT_EQ(here.mount_point, below.mount_point);
  EXPECT_GT(here.free_bytes, 0u);
}

TEST(Space, NamesDeviceAndMountPoint) {
  struct stat st {};
  ASSERT_EQ(::stat("/proc", &st), 0);
  const auto space = space_of("/proc/self/status");
  EXPECT_EQ(space.device, st.st_dev);
  EXPECT_EQ(space.mount_point, "/proc");
  EXPECT_EQ(space_of("/").mount_point, "/");
}

}  // namespace
}  // namespace dfi::test
