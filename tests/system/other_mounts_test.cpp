// SPDX-License-Identifier: Apache-2.0
// Holders in other mount name spaces: containers and sandboxed services see the same files under other names.
#include <gmock/gmock.h>

#include "sandbox.hpp"
#include "system/system.hpp"

namespace dfi::test {
namespace {

class OtherMounts : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root makes mount name spaces";
    fs::create_directories(tree() / "bin");
    fs::create_directories(elsewhere());
    fs::copy_file(DFI_SYSTEM_HELPER, tree() / "bin/faxmaild");
  }
  fs::path tree() const { return box_.path / "opt/directfax"; }
  fs::path elsewhere() const { return box_.path / "elsewhere"; }

  /// A shell with mounts of its own runs this and becomes the holder.
  std::vector<std::string> apart(const std::string& script) const {
    return {"/usr/bin/unshare", "--mount", "/bin/sh", "-ec", script};
  }
  std::vector<Holder> holders() const { return find_holders({tree(), {data_}, {}}).holders; }

  Sandbox box_;
  fs::path data_ = box_.file("data/FAXSTAT");
};

TEST_F(OtherMounts, ShowAProgramThatRunsUnderAnotherName) {
  const Child child(apart("mount --bind " + tree().string() + " " + elsewhere().string() + "; exec " +
                          elsewhere().string() + "/bin/faxmaild run"));
  ASSERT_EQ(holders().size(), 1u);
  EXPECT_EQ(holders()[0].hold, Hold::runs_object);
  EXPECT_EQ(holders()[0].path, tree() / "bin/faxmaild");
}

TEST_F(OtherMounts, ShowAProgramThatWasRemovedUnderItsNameHere) {
  const Child child(apart("mount --bind " + tree().string() + " " + elsewhere().string() + "; exec " +
                          elsewhere().string() + "/bin/faxmaild run"));
  fs::remove(tree() / "bin/faxmaild");
  ASSERT_EQ(holders().size(), 1u);
  EXPECT_EQ(holders()[0].path, tree() / "bin/faxmaild");
  EXPECT_TRUE(holders()[0].deleted);
}

TEST_F(OtherMounts, ShowADataFileOpenedUnderAnotherName) {
  const Child child(apart("mount --bind " + data_.parent_path().string() + " " + elsewhere().string() + "; exec " +
                          DFI_SYSTEM_HELPER + " open " + elsewhere().string() + "/FAXSTAT"));
  ASSERT_EQ(holders().size(), 1u);
  EXPECT_EQ(holders()[0].path, data_);
}

// A container on the same file system may have a product of its own at the very same place.
TEST_F(OtherMounts, LeaveOutARemovedProgramOfAContainerThatOnlyHasTheSameName) {
  const auto other = box_.path / "container";
  fs::create_directories(other / "bin");
  fs::copy_file(DFI_SYSTEM_HELPER, other / "bin/faxmaild");
  const Child child(apart("mount --bind " + other.string() + " " + tree().string() + "; exec " + tree().string() +
                          "/bin/faxmaild run"));
  EXPECT_TRUE(holders().empty());
  fs::remove(other / "bin/faxmaild");
  EXPECT_TRUE(holders().empty());
}

}  // namespace
}  // namespace dfi::test
