// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/background_digest.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.hpp"
#include "migrations/engine/file_digest.hpp"

namespace dfi::migrations {

BackgroundDigest::BackgroundDigest(fs::path path)
    : path_(std::move(path)), fd_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (!fd_) throw os_error("open", path_);
}

BackgroundDigest::~BackgroundDigest() {
  stop_ = true;
  if (result_.valid()) result_.wait();
}

void BackgroundDigest::start() {
  result_ = std::async(std::launch::async, [this] { return compute(); });
}

bool BackgroundDigest::still_there() const {
  struct stat opened {
  }, named{};
  return ::fstat(fd_.get(), &opened) == 0 && ::lstat(path_.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

std::string BackgroundDigest::text(Pace& pace) {
  return await(result_, pace, [this] { stop_ = true; });
}

std::string BackgroundDigest::compute() const {
  constexpr std::size_t block_bytes = 1 << 20;
  FileDigest digest(block_bytes);
  std::string block(block_bytes, '\0');
  struct stat st {};
  if (::fstat(fd_.get(), &st) != 0) throw os_error("stat", path_);
  const auto size = static_cast<std::uint64_t>(st.st_size);
  for (std::uint64_t at = 0; at < size && !stop_; at += block.size()) {
    block.resize(std::min<std::uint64_t>(block_bytes, size - at));
    read_at(fd_.get(), path_, at, block.data(), block.size());
    digest.add(block, block_digest(block));
  }
  return digest.text();
}

}  // namespace dfi::migrations
