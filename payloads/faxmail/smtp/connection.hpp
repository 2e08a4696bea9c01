// SPDX-License-Identifier: Apache-2.0
// One TCP connection to a mail server, plain or with TLS, with a time limit for everything. Small packets leave at once
// (TCP_NODELAY) and are acknowledged at once (TCP_QUICKACK): the two default delays together would cost 40 ms a mail
// (decision D9). Writing never blocks a peer that wants to be read: what comes in meanwhile is kept (RFC 2920 3.1).
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "payloads/faxmail/smtp/account.hpp"
#include "payloads/faxmail/smtp/resolver.hpp"
#include "payloads/faxmail/smtp/tls.hpp"

namespace faxmail {

class Connection {
 public:
  /// Tries the addresses in turn; one that does not answer for at most 5 s and its share of the time, if others
  /// follow. Throws Error smtp_unreachable. A byte on `interrupt_fd` (-1: none) ends any waiting with Error
  /// mail_stopping while interruptible(true).
  static Connection open(const Endpoint& endpoint, const std::vector<SocketAddress>& addresses,
                         std::chrono::milliseconds timeout, int interrupt_fd);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// What messages call the current exchange ("greeting", "MAIL FROM"), and how long it may take from now.
  void begin_phase(std::string_view phase, std::chrono::milliseconds timeout);
  void interruptible(bool on) { interruptible_ = on; }

  /// Encrypts and proves the peer as TlsSettings say. Throws Error smtp_certificate, smtp_tls_failed or, if the server
  /// speaks plain SMTP, smtp_port_plain.
  void start_tls(const TlsSettings& settings);
  const std::optional<TlsFacts>& tls_facts() const { return tls_facts_; }

  /// Throws Error smtp_connection_lost or smtp_timeout.
  void write(std::string_view bytes);
  /// At least one byte; throws like write(). Valid until the next call.
  std::string_view read();
  /// False if nothing came within `time`; reads nothing.
  bool readable_within(std::chrono::milliseconds time);

  const Endpoint& endpoint() const { return endpoint_; }
  const SocketAddress& address() const { return address_; }
  std::string_view phase() const { return phase_; }
  /// "[192.0.2.1]" or "[IPv6:…]": how a host without a full name introduces itself.
  std::string local_literal() const;
  [[noreturn]] void lost(const std::string& reason) const;

 private:
  Connection(Endpoint endpoint, SocketAddress address, dfi::Fd fd, int interrupt_fd);
  short wait(short events);
  enum class Step { done, wants_read, wants_write };
  Step write_some(std::string_view bytes, std::size_t& written);
  Step read_some(std::size_t& size);

  Endpoint endpoint_;
  SocketAddress address_;
  dfi::Fd fd_;
  int interrupt_fd_ = -1;
  bool interruptible_ = true;
  std::string phase_;
  std::int64_t timeout_ms_ = 0, deadline_ = 0;
  std::string buffer_;  // of one read
  std::string kept_;    // came in while we were writing
  std::unique_ptr<TlsStream> tls_;
  std::optional<TlsFacts> tls_facts_;
};

/// True if a second connection to this address gets an answer to a TLS ClientHello within `time`: the port speaks TLS
/// from the first byte (decision D6). Never throws.
bool speaks_tls_at_once(const SocketAddress& address, std::chrono::milliseconds time) noexcept;

}  // namespace faxmail
