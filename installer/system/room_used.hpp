// SPDX-License-Identifier: Apache-2.0
// How much room work takes on disk at most, whoever takes it: looked at two hundred times a second.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <thread>

namespace dfi {

class RoomUsed {
 public:
  /// Files below `directory`, and files without a name that this process holds open (what is sorted on disk).
  explicit RoomUsed(std::filesystem::path directory);
  RoomUsed(const RoomUsed&) = delete;
  RoomUsed& operator=(const RoomUsed&) = delete;
  ~RoomUsed();
  /// The most that was seen until now.
  std::uintmax_t most();

 private:
  void look();

  std::filesystem::path directory_;
  std::atomic<std::uintmax_t> most_ = 0;
  std::atomic<bool> end_ = false;
  std::thread thread_;
};

}  // namespace dfi
