// SPDX-License-Identifier: Apache-2.0
// Ownership of file descriptors and of handles of C libraries.
#pragma once
#include <unistd.h>

#include <memory>
#include <utility>

namespace dfi {

/// Owns one file descriptor. Closing here ignores errors on purpose: written files are closed by durable.cpp.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
/// A C library's handle with the function that frees it: Handle<archive, archive_read_free>.
template <class T, auto Free>
using Handle = std::unique_ptr<T, Freer<Free>>;

}  // namespace dfi
