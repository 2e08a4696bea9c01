// SPDX-License-Identifier: Apache-2.0
// The server's end of one connection, plain or with TLS, with every way to misbehave below the dialogue.
#pragma once
#include <openssl/ssl.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "tests/faxmail/certificates.hpp"

namespace faxmail::test {

class Wire {
 public:
  explicit Wire(dfi::Fd fd) : fd_(std::move(fd)) {}

  int fd() const { return fd_.get(); }
  bool encrypted() const { return static_cast<bool>(ssl_); }
  /// False once the client has gone; all others below do nothing then.
  bool send(std::string_view bytes);
  /// Byte by byte, each in a packet (with TLS: a record) of its own.
  bool send_slowly(std::string_view bytes, std::chrono::milliseconds pause = std::chrono::milliseconds(0));
  /// Without line end; nothing at the end of the connection.
  std::optional<std::string> line();
  /// True if the client has sent more than has been read, or does so within this time.
  bool more_within(std::chrono::milliseconds time) const;
  /// `version`: the only one spoken, 0 = any.
  bool start_tls(const Identity& identity, int version);
  /// Neither reads nor writes until the client goes away.
  void stall() const;
  /// True once the client has gone, whatever still lies in the buffers.
  bool gone() const;
  /// Ends with RST instead of FIN.
  void reset() const;
  /// Ends TLS properly, as no crash would.
  void say_goodbye();
  /// TLS 1.3: new keys in both directions.
  bool update_keys();
  /// TLS 1.2: asks for a new handshake.
  bool ask_for_renegotiation();

 private:
  dfi::Fd fd_;
  dfi::Handle<SSL_CTX, ::SSL_CTX_free> context_{};
  dfi::Handle<SSL, ::SSL_free> ssl_{};
  std::string buffer_;
};

}  // namespace faxmail::test
