// SPDX-License-Identifier: Apache-2.0
// TLS over a non-blocking socket. Which server is at the other end is always proved: chain to a trusted CA, host name
// (or address) in the certificate, no exception. OpenSSL is used here only.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "payloads/faxmail/smtp/connection.hpp"

namespace faxmail {

enum class TlsStep { done, wants_read, wants_write, closed };

class TlsStream {
 public:
  /// Throws Error smtp_tls_failed (CA file unusable).
  TlsStream(const TlsSettings& settings, const std::string& server, int fd);
  TlsStream(TlsStream&&) noexcept;
  TlsStream& operator=(TlsStream&&) noexcept;
  ~TlsStream();

  /// Throws Error smtp_certificate (naming subject, issuer and reason) or smtp_tls_failed.
  TlsStep handshake();
  /// `reason` is set when the answer is closed.
  TlsStep write(std::string_view bytes, std::size_t& written, std::string& reason);
  TlsStep read(std::string& buffer, std::size_t& size, std::string& reason);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace faxmail
