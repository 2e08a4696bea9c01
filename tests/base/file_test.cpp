// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "tests/base/scratch.hpp"

namespace dfi::test {
namespace {

struct ForeignLinks : Scratch {};

TEST_F(ForeignLinks, OfAnotherUserAreRefusedWhereverTheyStandOnTheWay) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a link away";
  file("real/inner/data", "x");
  fs::create_directory_symlink("real", path("link"));
  fs::create_symlink("data", path("real/inner/alias"));
  refuse_foreign_links(directory_, path("link/inner/data"));
  ASSERT_EQ(::lchown(path("link").c_str(), 65534, 65534), 0);
  ASSERT_EQ(::lchown(path("real/inner/alias").c_str(), 65534, 65534), 0);
  EXPECT_EQ(error_of([&] { refuse_foreign_links(directory_, path("link/inner/data")); }), "place_of_another");
  EXPECT_EQ(error_of([&] { refuse_foreign_links(directory_, path("link/not/there")); }), "place_of_another");
  EXPECT_EQ(error_of([&] { refuse_foreign_links(directory_, path("real/inner/alias")); }), "place_of_another");
  EXPECT_EQ(error_of([&] { refuse_foreign_links(directory_, path("real/inner/data")); }), "nothing");
  EXPECT_EQ(error_of([&] { refuse_foreign_links(directory_, path("real/none/data")); }), "nothing");
}

}  // namespace
}  // namespace dfi::test
