// SPDX-License-Identifier: Apache-2.0
#include "tests/faxmail/loopback.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <csignal>

#include "base/error.hpp"

namespace faxmail::test {

dfi::Fd listen_on_loopback(int& port) {
  std::signal(SIGPIPE, SIG_IGN);  // SSL_write to a client that has gone
  dfi::Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  dfi::require(::bind(listener.get(), generic, size) == 0 && ::listen(listener.get(), 16) == 0 &&
                   ::getsockname(listener.get(), generic, &size) == 0,
               "a listening socket");
  port = ntohs(address.sin_port);
  return listener;
}

}  // namespace faxmail::test
