// SPDX-License-Identifier: Apache-2.0
// The only writer of files that must survive a crash. Every function here returns after the change and the directory
// entry that names it are on disk, or throws os_error and leaves the old state.
// The policy "what is synced when" stands in installer/README.md.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.hpp"

namespace dfi::durable {

namespace fs = std::filesystem;

/// Called before every durable operation with its name and path; null in the shipped programs. The crash tests set it
/// and die at the k-th call: the libraries under test are the shipped ones.
using Hook = void (*)(std::string_view operation, const fs::path& path);
extern Hook hook;
/// Announces a durable operation which another library performs (a commit of SQLite).
void announce(std::string_view operation, const fs::path& path);

struct Owner {
  uid_t user;
  gid_t group;
};

/// A new file that appears under its name only by commit(): written beside it, synced, renamed, directory synced.
/// Without commit() the destructor throws the unfinished file away.
class AtomicFile {
 public:
  /// `mode` is exact (no umask). An existing file of this name is replaced by commit().
  AtomicFile(fs::path path, mode_t mode = 0644);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(std::string_view bytes);
  int fd() const { return fd_.get(); }
  const fs::path& temporary() const { return temporary_; }
  void commit();

 private:
  fs::path path_, temporary_;
  Fd fd_;
  bool committed_ = false;
};

/// A new file of a tree that is not yet in use (staging): the bytes are flushed later, by one sync_file_system() for
/// the whole tree. An existing file is an error.
class NewFile {
 public:
  NewFile(fs::path path, mode_t mode);
  void write(std::string_view bytes);
  int fd() const { return fd_.get(); }
  /// Flushes the bytes now; the name needs a sync_directory(), which several files may share.
  void sync();
  void close();

 private:
  fs::path path_;
  Fd fd_;
};

/// A new, empty, private file that grows in place (a shadow); an existing one is an error. Its name needs a
/// sync_directory().
Fd create_file(const fs::path& path, std::string_view operation = "create");
void truncate(int fd, const fs::path& path, std::uint64_t bytes);
/// The flush of what is in an open file now, announced here and performed by calling the result, in any thread.
[[nodiscard]] std::function<void()> data_sync(int fd, const fs::path& path);

/// AtomicFile in one call.
void write_file(const fs::path& path, std::string_view bytes, mode_t mode = 0644);
/// Creates the directory and its missing parents.
void make_directories(const fs::path& path, mode_t mode = 0755);
/// Atomic replacement of `to`, both directories synced. Same file system only.
void rename(const fs::path& from, const fs::path& to);
/// A second name for the same file; an existing `to` is an error.
void hard_link(const fs::path& from, const fs::path& to);
/// Points the symlink `link` at `target` (stored as given, so a relative target stays relative) by one rename(2):
/// it is never absent.
void flip_link(const fs::path& link, const fs::path& target);
/// Copies one regular file with mode, owner, times and extended attributes. `to` appears complete or not at all.
void copy_file(const fs::path& from, const fs::path& to);
/// Gives `to` the owner, mode and extended attributes of `from`. Never opens `from`: closing a descriptor would drop
/// the locks this process holds on it.
void copy_attributes(const fs::path& from, const fs::path& to);
/// Removes a file or link. False if there was none.
bool remove(const fs::path& path);
/// Removes a directory in which nothing is. False if there is something in it, if there is no directory (a link is
/// none), or if it may not go: a mount point, a file system or directory that may not be written to.
bool remove_if_empty(const fs::path& path);
/// Removes a directory tree (never follows links). Nothing there is no error. Of a mount point only what is in it goes.
void remove_tree(const fs::path& path);
/// Flushes a file and the directory that names it.
void sync_file(const fs::path& path);
void sync_directory(const fs::path& path);
/// Flushes everything written so far to the file system that holds `path`: one call for a whole tree instead of
/// one for each of its files.
void sync_file_system(const fs::path& path);
void set_owner(const fs::path& path, Owner owner);
void set_mode(const fs::path& path, mode_t mode);

}  // namespace dfi::durable
