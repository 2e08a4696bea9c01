// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/watcher.hpp"

#include <sys/inotify.h>
#include <unistd.h>

namespace faxmail {

Watcher::Watcher(const std::filesystem::path& data_directory) : fd_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  // The log file itself: a watch on the directory would also hear our own results in FAXSTAT. It exists as long as a
  // connection is open, and ours is.
  if (fd_ && ::inotify_add_watch(fd_.get(), (data_directory / "FAXKA-wal").c_str(), IN_MODIFY) < 0) fd_ = dfi::Fd();
}

bool Watcher::drain() const {
  char events[4096];
  bool any = false;
  while (fd_ && ::read(fd_.get(), events, sizeof events) > 0) any = true;
  return any;
}

}  // namespace faxmail
