// SPDX-License-Identifier: Apache-2.0
#include "system/notify_socket.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <sstream>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace dfi {

NotifySocket::NotifySocket() {
  std::array<unsigned char, 16> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    throw os_error("read", "/dev/urandom");
  address_ = "@dfinstall/";
  for (const unsigned byte : random) address_ += fmt::format("{:02x}", byte);

  socket_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::copy(address_.begin() + 1, address_.end(), name.sun_path + 1);  // "@" stands for the leading zero byte
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  const int yes = 1;
  if (!socket_ || ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&name), length) != 0 ||
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) != 0)
    throw os_error("open socket", address_);
}

bool NotifySocket::ready_within(std::chrono::milliseconds wait) {
  const auto deadline = monotonic_ms() + wait.count();
  for (;;) {
    const auto left = std::max<std::int64_t>(deadline - monotonic_ms(), 0);
    pollfd waiting{socket_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(left)) > 0) {
      if (receive()) return true;
    } else if (left == 0) {
      return false;
    }
  }
}

bool NotifySocket::receive() {
  char text[4096];
  iovec part{text, sizeof text};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const auto size = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  const cmsghdr* header = size > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS) return false;
  ucred sender{};
  std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
  if (sender.uid != 0 && sender.uid != ::geteuid()) return false;
  std::istringstream lines(std::string(text, static_cast<std::size_t>(size)));
  for (std::string line; std::getline(lines, line);)
    if (line == "READY=1") return true;
  return false;
}

}  // namespace dfi
