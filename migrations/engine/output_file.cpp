// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/output_file.hpp"

#include <fcntl.h>

#include "base/durable.hpp"
#include "base/error.hpp"

namespace dfi::migrations {

OutputFile::OutputFile(std::filesystem::path path, std::size_t block_bytes)
    : path_(std::move(path)), block_bytes_(block_bytes), digest_(block_bytes) {}

void OutputFile::start_anew() {
  fd_.reset();
  digest_ = FileDigest(block_bytes_);
  named_ = unsynced_ = false;
  if (std::filesystem::exists(std::filesystem::symlink_status(path_))) durable::remove(path_);
}

void OutputFile::create() {
  fd_ = durable::create_file(path_);
  unsynced_ = true;
}

bool OutputFile::go_on(const Json& state, Proofs& proofs) {
  bool exists = std::filesystem::exists(std::filesystem::symlink_status(path_));
  if (state.is_null()) {
    // Nothing was appended until the checkpoint: what came behind it is thrown away.
    if (exists) start_anew();
    return true;
  }
  if (!exists) return false;
  fd_ = Fd(::open(path_.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!fd_) throw os_error("open", path_);
  auto claim = digest_.go_on(state, fd_.get(), path_);
  if (!claim) return false;
  proofs.add(std::move(*claim));
  durable::truncate(fd_.get(), path_, bytes());
  return named_ = unsynced_ = true;
}

void OutputFile::write(std::string_view bytes) {
  if (!fd_) create();
  write_at(fd_.get(), path_, this->bytes(), bytes);
  // Starts the writing out now, so that the sync at the next checkpoint finds little left. Only a hint.
  ::sync_file_range(fd_.get(), static_cast<off_t>(this->bytes()), static_cast<off_t>(bytes.size()),
                    SYNC_FILE_RANGE_WRITE);
  unsynced_ = true;
}

void OutputFile::append(std::string_view bytes) {
  write(bytes);
  digest_.add(bytes);
}

void OutputFile::append(std::string_view bytes, const std::string& known) {
  write(bytes);
  digest_.add(bytes, known);
}

std::future<void> OutputFile::begin_sync() {
  auto data_sync = durable::data_sync(fd_.get(), path_);
  if (!named_) durable::sync_directory(path_.parent_path());
  named_ = true;
  return std::async(std::launch::async, std::move(data_sync));
}

void OutputFile::sync() {
  if (!fd_ || !unsynced_) return;
  durable::data_sync(fd_.get(), path_)();
  if (!named_) durable::sync_directory(path_.parent_path());
  named_ = true;
  unsynced_ = false;
}

}  // namespace dfi::migrations
