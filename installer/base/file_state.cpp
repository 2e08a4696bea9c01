// SPDX-License-Identifier: Apache-2.0
#include "base/file_state.hpp"

#include <sys/stat.h>

#include "base/error.hpp"

namespace dfi {
namespace {

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

}  // namespace

Json file_state(const std::filesystem::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) throw os_error("read", path);
  struct stat wal {};
  const bool waits = ::stat((path.string() + "-wal").c_str(), &wal) == 0 && wal.st_size > 0;
  return {{"size", facts.st_size},
          {"mtime", nanoseconds(facts.st_mtim)},
          {"ctime", nanoseconds(facts.st_ctim)},
          {"inode", facts.st_ino},
          {"waiting", waits ? wal.st_size : 0},
          {"waiting_since", waits ? nanoseconds(wal.st_mtim) : 0}};
}

}  // namespace dfi
