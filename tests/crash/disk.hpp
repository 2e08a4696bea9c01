// SPDX-License-Identifier: Apache-2.0
// A file system of its own in an image: its power can be cut, it can be full, it can disappear.
#pragma once
#include <string>

#include "tests/support/program.hpp"

namespace dfi::test {

class Disk {
 public:
  /// Of this kind (ext4, xfs, btrfs), in an image of so many MiB, to be mounted there.
  Disk(std::string kind, fs::path image, fs::path place, int megabytes);
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  ~Disk();

  /// Why this host cannot do it: not root, no mkfs, no loop devices. Empty if it can.
  static std::string missing(const std::string& kind);

  void mount();
  /// What still has a file open there must have been ended; waits until the kernel has noticed.
  void unmount();
  /// As if pulled out: the directory below shows at once, open files stay open.
  void disappear();
  /// Everything not yet on disk is lost; nothing may be running there. `with_log`: what the file system's own log knows
  /// is written first: names without their bytes (not on btrfs). Followed by unmount().
  void cut(bool with_log);
  /// Unmounted: the image as it is now becomes what restore() brings back.
  void save();
  void restore();
  const fs::path& place() const { return place_; }
  const fs::path& image() const { return image_; }

 private:
  fs::path cut_image() const { return image_.string() + ".cut"; }

  std::string kind_, device_;
  fs::path image_, place_;
  bool mounted_ = false;
};

}  // namespace dfi::test
