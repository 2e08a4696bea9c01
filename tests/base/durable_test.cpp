// SPDX-License-Identifier: Apache-2.0
#include "base/durable.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "tests/base/scratch.hpp"

namespace dfi::test {
namespace {

std::vector<std::string> announced;
void remember(std::string_view operation, const fs::path& path) {
  announced.push_back(std::string(operation) + " " + path.filename().string());
}

struct Durable : Scratch {
  ~Durable() override { durable::hook = nullptr; }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }
};

TEST_F(Durable, AFileAppearsCompleteOrNotAtAll) {
  {
    durable::AtomicFile unfinished(path("a"), 0640);
    unfinished.write("half");
    EXPECT_FALSE(fs::exists(path("a")));
  }
  EXPECT_EQ(entries(), 0u);
  durable::write_file(path("a"), "whole", 0640);
  EXPECT_EQ(read_file(path("a")), "whole");
  EXPECT_EQ(static_cast<unsigned>(fs::status(path("a")).permissions()), 0640u);
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Durable, EveryOperationIsAnnouncedBeforeItHappens) {
  announced.clear();
  durable::hook = remember;
  durable::write_file(path("a"), "text");
  durable::rename(path("a"), path("b"));
  durable::remove(path("b"));
  durable::hook = nullptr;
  ASSERT_GE(announced.size(), 5u);
  EXPECT_EQ(announced.front(), "create a");
}

TEST_F(Durable, ALinkIsFlippedWithoutEverBeingAbsent) {
  durable::flip_link(path("current"), "releases/1");
  EXPECT_EQ(fs::read_symlink(path("current")), "releases/1");
  durable::flip_link(path("current"), "releases/2");
  EXPECT_EQ(fs::read_symlink(path("current")), "releases/2");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Durable, ACopyKeepsModeTimesAndAttributes) {
  const auto from = file("from", "content");
  ::chmod(from.c_str(), 0604);
  const bool attributes = ::setxattr(from.c_str(), "user.colour", "blue", 4, 0) == 0;
  const timespec times[2] = {{1'500'000'000, 5}, {1'500'000'000, 5}};
  ::utimensat(AT_FDCWD, from.c_str(), times, 0);
  durable::copy_file(from, path("to"));
  struct stat s {};
  ASSERT_EQ(::stat(path("to").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 07777u, 0604u);
  EXPECT_EQ(s.st_mtim.tv_sec, 1'500'000'000);
  EXPECT_EQ(read_file(path("to")), "content");
  if (attributes) {
    EXPECT_EQ(extended_attributes(path("to")).size(), 1u);
  }
}

TEST_F(Durable, ATreeIsRemovedWithoutFollowingLinks) {
  const auto outside = file("outside/keep", "kept");
  file("tree/deep/file", "gone");
  fs::create_directory_symlink(path("outside"), path("tree/link"));
  durable::remove_tree(path("tree"));
  EXPECT_FALSE(fs::exists(path("tree")));
  EXPECT_TRUE(fs::exists(outside));
  durable::remove_tree(path("tree"));
}

TEST_F(Durable, OnlyAnEmptyDirectoryIsRemovedAsOne) {
  fs::create_directories(path("empty"));
  file("full/file", "kept");
  fs::create_directory_symlink(path("empty"), path("link"));
  durable::hook = remember;
  EXPECT_FALSE(durable::remove_if_empty(path("full")));
  EXPECT_FALSE(durable::remove_if_empty(path("full/file")));
  EXPECT_FALSE(durable::remove_if_empty(path("link")));
  EXPECT_FALSE(durable::remove_if_empty(path("nothing")));
  announced.clear();
  EXPECT_TRUE(durable::remove_if_empty(path("empty")));
  EXPECT_EQ(announced, (std::vector<std::string>{"rmdir empty", "fsync " + directory_.filename().string()}));
  EXPECT_TRUE(fs::exists(path("full/file")));
  EXPECT_FALSE(fs::exists(path("empty")));
}

TEST_F(Durable, ADirectoryThatMayNotGoStays) {
  const auto place = path("closed");
  fs::create_directories(place);
  // Root may do anything in a directory, but not in a file system that can only be read.
  const bool root = ::geteuid() == 0;
  if (root && ::mount("tmpfs", place.c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "nothing can be mounted";
  fs::create_directories(place / "empty");
  fs::create_directories(place / "full/inside");
  if (root)
    EXPECT_EQ(::mount(nullptr, place.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  else
    fs::permissions(place, fs::perms::owner_read | fs::perms::owner_exec);
  for (const char* name : {"empty", "full", "nothing"}) EXPECT_FALSE(durable::remove_if_empty(place / name)) << name;
  EXPECT_TRUE(fs::exists(place / "empty"));
  if (root)
    EXPECT_EQ(::umount2(place.c_str(), MNT_DETACH), 0);
  else
    fs::permissions(place, fs::perms::owner_all);
}

TEST_F(Durable, WhatCannotBeDoneIsAnErrorThatNamesThePath) {
  EXPECT_EQ(error_of([&] { durable::write_file(path("no/such/directory"), "x"); }), "path_missing");
  EXPECT_EQ(error_of([&] { durable::rename(path("nothing"), path("b")); }), "path_missing");
  file("a", "1");
  file("b", "2");
  EXPECT_NE(error_of([&] { durable::hard_link(path("a"), path("b")); }), "nothing");
  EXPECT_FALSE(durable::remove(path("nothing")));
  EXPECT_NE(error_of([&] { durable::NewFile(path("a"), 0600); }), "nothing");
}

}  // namespace
}  // namespace dfi::test
