// SPDX-License-Identifier: Apache-2.0
#include "tests/faxmail/wire.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <thread>

namespace faxmail::test {

bool Wire::send(std::string_view bytes) {
  if (ssl_) return ::SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  while (!bytes.empty()) {
    const ssize_t size = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

bool Wire::send_slowly(std::string_view bytes, std::chrono::milliseconds pause) {
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  for (const char byte : bytes) {
    if (!send({&byte, 1})) return false;
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
  }
  return true;
}

std::optional<std::string> Wire::line() {
  for (std::size_t from = 0;;) {
    const auto end = buffer_.find("\r\n", from);
    if (end != std::string::npos) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 2);
      return line;
    }
    from = buffer_.empty() ? 0 : buffer_.size() - 1;
    char bytes[4096];
    const ssize_t size = ssl_ ? ::SSL_read(ssl_.get(), bytes, sizeof bytes) : ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (size <= 0) return std::nullopt;
    buffer_.append(bytes, static_cast<std::size_t>(size));
  }
}

bool Wire::more_within(std::chrono::milliseconds time) const {
  pollfd polled{fd_.get(), POLLIN, 0};
  return !buffer_.empty() || ::poll(&polled, 1, static_cast<int>(time.count())) > 0;
}

bool Wire::start_tls(const Identity& identity, int version) {
  context_.reset(::SSL_CTX_new(::TLS_server_method()));
  auto* context = context_.get();
  ::SSL_CTX_use_certificate(context, identity.certificate.get());
  ::SSL_CTX_use_PrivateKey(context, identity.key.get());
  if (identity.intermediate) SSL_CTX_add1_chain_cert(context, identity.intermediate.get());
  if (version != 0) {
    ::SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, version);
    SSL_CTX_set_max_proto_version(context, version);
  }
  ssl_.reset(::SSL_new(context));
  ::SSL_set_fd(ssl_.get(), fd_.get());
  return ::SSL_accept(ssl_.get()) == 1;
}

void Wire::stall() const {
  pollfd polled{fd_.get(), POLLRDHUP, 0};
  ::poll(&polled, 1, -1);
}

bool Wire::gone() const {
  pollfd polled{fd_.get(), POLLRDHUP, 0};
  return ::poll(&polled, 1, 0) > 0;
}

void Wire::reset() const {
  // Not by closing: the peer still counts this descriptor among its own.
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  ::connect(fd_.get(), &nowhere, sizeof nowhere);
}

void Wire::say_goodbye() {
  if (ssl_) ::SSL_shutdown(ssl_.get());
}

bool Wire::update_keys() {
  return ::SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED) == 1 && ::SSL_do_handshake(ssl_.get()) == 1;
}

bool Wire::ask_for_renegotiation() { return ::SSL_renegotiate(ssl_.get()) == 1 && ::SSL_do_handshake(ssl_.get()) == 1; }

}  // namespace faxmail::test
