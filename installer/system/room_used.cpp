// SPDX-License-Identifier: Apache-2.0
#include "system/room_used.hpp"

#include <sys/stat.h>

#include <chrono>

namespace dfi {
namespace {

namespace fs = std::filesystem;

// Files come and go meanwhile; one that has gone takes no room.
std::uintmax_t size_if_there(const fs::path& path, bool nameless) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return 0;
  return nameless == (facts.st_nlink == 0) ? static_cast<std::uintmax_t>(facts.st_size) : 0;
}

std::uintmax_t sizes_in(const fs::path& directory, bool nameless) {
  std::uintmax_t sum = 0;
  std::error_code gone;
  for (fs::recursive_directory_iterator entry(directory, gone), end; !gone && entry != end; entry.increment(gone))
    sum += size_if_there(entry->path(), nameless);
  return sum;
}

}  // namespace

RoomUsed::RoomUsed(fs::path directory)
    : directory_(std::move(directory)), thread_([this] {
        while (!end_) {
          look();
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
      }) {}

RoomUsed::~RoomUsed() {
  end_ = true;
  thread_.join();
}

std::uintmax_t RoomUsed::most() {
  look();
  return most_;
}

void RoomUsed::look() {
  const auto now = sizes_in(directory_, false) + sizes_in("/proc/self/fd", true);
  auto before = most_.load();
  while (now > before && !most_.compare_exchange_weak(before, now)) {
  }
}

}  // namespace dfi
