// SPDX-License-Identifier: Apache-2.0
// Names to addresses with a time limit: the system's resolver alone may block for half a minute and cannot be stopped.
#pragma once
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <vector>

#include "payloads/faxmail/smtp/account.hpp"

namespace faxmail {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const;
  /// "192.0.2.1" or "2001:db8::1".
  std::string text() const;
};

/// In the order in which they should be tried (RFC 6724). Address literals, also "[2001:db8::1]", are taken as they
/// are; international names are encoded. Throws Error smtp_unresolved, or mail_stopping if `interrupt_fd` (-1: none)
/// becomes readable.
std::vector<SocketAddress> resolve(const Endpoint& endpoint, std::chrono::milliseconds timeout, int interrupt_fd);

}  // namespace faxmail
