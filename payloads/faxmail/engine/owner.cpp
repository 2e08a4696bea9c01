// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/owner.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/error.hpp"
#include "messages/mail.hpp"

namespace faxmail {

Owner Owner::take(const std::filesystem::path& data_directory) {
  dfi::Fd lock(::open(data_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock) throw dfi::os_error("open", data_directory);
  // A predecessor that was killed holds it until the last of its threads has gone.
  for (int i = 0; i < 50; ++i) {
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return Owner(std::move(lock));
    if (errno != EWOULDBLOCK) throw dfi::os_error("flock", data_directory);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  throw dfi::Error(dfi::msg::mail_engine_running,
                   {{"pid", queue_owner(data_directory).value_or("?")}, {"directory", data_directory.string()}});
}

std::optional<std::string> queue_owner(const std::filesystem::path& data_directory) {
  struct stat status {};
  if (::stat(data_directory.c_str(), &status) != 0) return std::nullopt;
  const std::string inode = ":" + std::to_string(status.st_ino);
  std::ifstream locks("/proc/locks");
  // 12: FLOCK  ADVISORY  WRITE 4711 08:01:393218 0 EOF
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, advisory, access, pid, place;
    words >> number >> kind >> advisory >> access >> pid >> place;
    const bool same =
        place.size() > inode.size() && place.compare(place.size() - inode.size(), inode.size(), inode) == 0;
    if (kind == "FLOCK" && access == "WRITE" && same) return pid;
  }
  return std::nullopt;
}

}  // namespace faxmail
