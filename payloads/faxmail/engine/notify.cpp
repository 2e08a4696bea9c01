// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/fd.hpp"

namespace faxmail {

void notify(std::string_view state) {
  const char* variable = std::getenv("NOTIFY_SOCKET");
  const std::string path = variable ? variable : "";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';  // abstract
  const dfi::Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (fd) ::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), size);
}

void notify_watchdog() {
  if (std::getenv("WATCHDOG_USEC")) notify("WATCHDOG=1");
}

}  // namespace faxmail
