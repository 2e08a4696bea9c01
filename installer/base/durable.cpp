// SPDX-License-Identifier: Apache-2.0
#include "base/durable.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <atomic>
#include <cerrno>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"

namespace dfi::durable {

Hook hook = nullptr;

void announce(std::string_view operation, const fs::path& path) {
  if (hook) hook(operation, path);
}

namespace {

fs::path directory_of(const fs::path& path) {
  auto parent = path.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

// In the same directory, so that the rename is atomic; the pid keeps two programs apart.
fs::path temporary_name(const fs::path& path) {
  static std::atomic<unsigned> counter{0};
  auto name = "." + path.filename().string() + ".tmp" + std::to_string(::getpid()) + "." + std::to_string(counter++);
  return directory_of(path) / name;
}

void sync_fd(int fd, const fs::path& path) {
  announce("fsync", path);
  if (::fsync(fd) != 0) throw os_error("fsync", path);
}

Fd create_exclusively(const fs::path& path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) throw os_error("create", path);
  return fd;
}

void write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw os_error("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void close_checked(Fd& fd, const fs::path& path) {
  if (::close(fd.release()) != 0) throw os_error("close", path);
}

void copy_bytes(int from, int to, const fs::path& source, const fs::path& target) {
  for (;;) {
    auto n = ::copy_file_range(from, nullptr, to, nullptr, std::size_t{1} << 30, 0);
    if (n == 0) return;
    if (n > 0) continue;
    if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) throw os_error("copy", target);
    break;
  }
  std::vector<char> buffer(1 << 18);
  for (;;) {
    auto n = ::read(from, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw os_error("read", source);
    if (n == 0) return;
    write_all(to, {buffer.data(), static_cast<std::size_t>(n)}, target);
  }
}

// Read by name, not by descriptor: closing one of a SQLite file would drop this process's locks on it.
void copy_extended_attributes(const fs::path& from, const fs::path& to) {
  for (const auto& [name, value] : extended_attributes(from))
    if (::lsetxattr(to.c_str(), name.c_str(), value.data(), value.size(), 0) != 0 && errno != ENOTSUP)
      throw os_error("set attribute of", to);
}

}  // namespace

AtomicFile::AtomicFile(fs::path path, mode_t mode) : path_(std::move(path)), temporary_(temporary_name(path_)) {
  announce("create", path_);
  fd_ = create_exclusively(temporary_);
  if (::fchmod(fd_.get(), mode) == 0) return;
  const auto error = os_error("chmod", temporary_);
  ::unlink(temporary_.c_str());  // there is no destructor of what was never built
  throw error;
}

AtomicFile::~AtomicFile() {
  if (!committed_) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) { write_all(fd_.get(), bytes, path_); }

void AtomicFile::commit() {
  sync_fd(fd_.get(), path_);
  close_checked(fd_, path_);
  announce("rename", path_);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw os_error("rename", path_);
  committed_ = true;
  sync_directory(directory_of(path_));
}

NewFile::NewFile(fs::path path, mode_t mode) : path_(std::move(path)), fd_(create_file(path_)) {
  if (::fchmod(fd_.get(), mode) != 0) throw os_error("chmod", path_);
}

void NewFile::write(std::string_view bytes) { write_all(fd_.get(), bytes, path_); }
void NewFile::sync() { sync_fd(fd_.get(), path_); }
void NewFile::close() { close_checked(fd_, path_); }

Fd create_file(const fs::path& path, std::string_view operation) {
  announce(operation, path);
  return create_exclusively(path);
}

void truncate(int fd, const fs::path& path, std::uint64_t bytes) {
  announce("truncate", path);
  if (::ftruncate(fd, static_cast<off_t>(bytes)) != 0) throw os_error("truncate", path);
}

std::function<void()> data_sync(int fd, const fs::path& path) {
  announce("fdatasync", path);
  return [fd, path] {
    if (::fdatasync(fd) != 0) throw os_error("fdatasync", path);
  };
}

void write_file(const fs::path& path, std::string_view bytes, mode_t mode) {
  AtomicFile file(path, mode);
  file.write(bytes);
  file.commit();
}

void make_directories(const fs::path& path, mode_t mode) {
  std::vector<fs::path> missing;
  for (auto p = path; !p.empty() && !fs::exists(p); p = p.parent_path()) missing.push_back(p);
  for (auto p = missing.rbegin(); p != missing.rend(); ++p) {
    announce("mkdir", *p);
    if (::mkdir(p->c_str(), mode) != 0 && errno != EEXIST) throw os_error("mkdir", *p);
    if (::chmod(p->c_str(), mode) != 0) throw os_error("chmod", *p);
    sync_directory(directory_of(*p));
  }
}

void rename(const fs::path& from, const fs::path& to) {
  announce("rename", to);
  if (::rename(from.c_str(), to.c_str()) != 0) throw os_error("rename", to);
  sync_directory(directory_of(to));
  if (directory_of(from) != directory_of(to)) sync_directory(directory_of(from));
}

void hard_link(const fs::path& from, const fs::path& to) {
  announce("link", to);
  if (::link(from.c_str(), to.c_str()) != 0) throw os_error("link", to);
  sync_directory(directory_of(to));
}

void flip_link(const fs::path& link, const fs::path& target) {
  auto temporary = temporary_name(link);
  announce("symlink", link);
  if (::symlink(target.c_str(), temporary.c_str()) != 0) throw os_error("symlink", temporary);
  announce("rename", link);
  if (::rename(temporary.c_str(), link.c_str()) != 0) {
    auto error = os_error("rename", link);
    ::unlink(temporary.c_str());
    throw error;
  }
  sync_directory(directory_of(link));
}

void copy_file(const fs::path& from, const fs::path& to) {
  Fd source(::open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!source) throw os_error("open", from);
  struct stat st {};
  if (::fstat(source.get(), &st) != 0) throw os_error("stat", from);
  AtomicFile target(to, st.st_mode & 07777);
  copy_bytes(source.get(), target.fd(), from, to);
  // chown clears set-id bits, so the mode is set again after it.
  if (::fchown(target.fd(), st.st_uid, st.st_gid) != 0 && errno != EPERM) throw os_error("chown", to);
  if (::fchmod(target.fd(), st.st_mode & 07777) != 0) throw os_error("chmod", to);
  copy_extended_attributes(from, target.temporary());
  const timespec times[2] = {st.st_atim, st.st_mtim};
  if (::futimens(target.fd(), times) != 0) throw os_error("set times of", to);
  target.commit();
}

void copy_attributes(const fs::path& from, const fs::path& to) {
  announce("copy attributes", to);
  struct stat st {};
  if (::lstat(from.c_str(), &st) != 0) throw os_error("stat", from);
  if (::lchown(to.c_str(), st.st_uid, st.st_gid) != 0 && errno != EPERM) throw os_error("chown", to);
  if (::chmod(to.c_str(), st.st_mode & 07777) != 0) throw os_error("chmod", to);
  copy_extended_attributes(from, to);
}

bool remove(const fs::path& path) {
  announce("unlink", path);
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return false;
    throw os_error("remove", path);
  }
  sync_directory(directory_of(path));
  return true;
}

bool remove_if_empty(const fs::path& path) {
  announce("rmdir", path);
  if (::rmdir(path.c_str()) != 0) {
    // A read-only file system or directory is told before what there is to remove, or that there is nothing.
    for (const int reason : {ENOTEMPTY, EEXIST, ENOENT, ENOTDIR, EBUSY, EROFS, EACCES, EPERM})
      if (errno == reason) return false;
    throw os_error("remove", path);
  }
  sync_directory(directory_of(path));
  return true;
}

void remove_tree(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return;
  announce("remove tree", path);
  fs::remove_all(path, error);
  std::error_code none;
  if (error.value() == EBUSY && fs::is_empty(path, none)) return sync_directory(path);  // a mount point
  if (error) throw os_error("remove", path, error.value());
  sync_directory(directory_of(path));
}

void sync_file(const fs::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw os_error("open", path);
  sync_fd(fd.get(), path);
  sync_directory(directory_of(path));
}

void sync_directory(const fs::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw os_error("open", path);
  sync_fd(fd.get(), path);
}

void sync_file_system(const fs::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw os_error("open", path);
  announce("syncfs", path);
  if (::syncfs(fd.get()) != 0) throw os_error("syncfs", path);
}

void set_owner(const fs::path& path, Owner owner) {
  announce("chown", path);
  if (::lchown(path.c_str(), owner.user, owner.group) != 0) throw os_error("chown", path);
}

void set_mode(const fs::path& path, mode_t mode) {
  announce("chmod", path);
  if (::chmod(path.c_str(), mode) != 0) throw os_error("chmod", path);
}

}  // namespace dfi::durable
