// SPDX-License-Identifier: Apache-2.0
// One TCP connection to a mail server, plain or with TLS, with a time limit for everything. Small packets leave at once
// (TCP_NODELAY) and are acknowledged at once (TCP_QUICKACK): the two default delays together would cost 40 ms a mail.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "payloads/faxmail/smtp/account.hpp"

namespace faxmail {

class Connection {
 public:
  /// Tries every address of the name. Throws Error smtp_unreachable. A byte on `interrupt_fd` (-1: none) ends any
  /// waiting with Error mail_stopping while interruptible(true).
  static Connection open(const Endpoint& endpoint, std::chrono::milliseconds timeout, int interrupt_fd);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// What messages call the current exchange ("greeting", "MAIL FROM"), and how long it may take from now.
  void begin_phase(std::string_view phase, std::chrono::milliseconds timeout);
  void interruptible(bool on) { interruptible_ = on; }

  /// Encrypts. The chain and the host name (or the address literal) of the certificate are always checked. Throws Error
  /// smtp_certificate or smtp_tls_failed.
  void start_tls(const TlsSettings& settings);
  bool encrypted() const;

  /// Throws Error smtp_connection_lost or smtp_timeout.
  void write(std::string_view bytes);
  /// At least one byte; throws like write().
  std::string_view read();

  const Endpoint& endpoint() const { return endpoint_; }
  std::string_view phase() const { return phase_; }
  /// "[192.0.2.1]" or "[IPv6:…]": how a host without a full name introduces itself.
  std::string local_literal() const;
  [[noreturn]] void lost(const std::string& reason) const;

 private:
  struct Tls;
  Connection(Endpoint endpoint, dfi::Fd fd, int interrupt_fd);
  void wait(short events);

  Endpoint endpoint_;
  dfi::Fd fd_;
  int interrupt_fd_ = -1;
  bool interruptible_ = true;
  std::string phase_;
  std::int64_t timeout_ms_ = 0, deadline_ = 0;
  std::string received_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace faxmail
