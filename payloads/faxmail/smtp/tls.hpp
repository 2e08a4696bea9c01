// SPDX-License-Identifier: Apache-2.0
// TLS over a non-blocking socket. Which server is at the other end is always proved: chain to a trusted CA and host name
// (or address) in the certificate, and the pin if there is one; only a pin can replace the chain. OpenSSL is used here
// only.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "payloads/faxmail/smtp/account.hpp"

namespace faxmail {

enum class TlsStep { done, wants_read, wants_write, closed };

/// For traces, results and the doctor.
struct TlsFacts {
  std::string version, cipher;       // "TLSv1.3", "TLS_AES_256_GCM_SHA384"
  std::string subject, issuer;
  std::string not_before, not_after;  // UTC, 2026-11-23T00:00:00Z
  std::vector<std::string> names;     // subject alternative names
  std::string sha256;                 // of the certificate, lower-case hex
};

class TlsStream {
 public:
  /// Throws Error smtp_tls_failed (CA file, client certificate or key unusable).
  TlsStream(const TlsSettings& settings, const Endpoint& endpoint, int fd);
  TlsStream(TlsStream&&) noexcept;
  TlsStream& operator=(TlsStream&&) noexcept;
  ~TlsStream();

  /// Throws Error smtp_certificate (naming subject, issuer, dates and reason), smtp_pin_mismatch, smtp_port_plain (the
  /// other side does not speak TLS) or smtp_tls_failed.
  TlsStep handshake();
  TlsFacts facts() const;
  /// `reason` is set when the answer is closed.
  TlsStep write(std::string_view bytes, std::size_t& written, std::string& reason);
  TlsStep read(std::string& buffer, std::size_t& size, std::string& reason);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace faxmail
