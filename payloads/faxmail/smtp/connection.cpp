// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/connection.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/smtp/tls.hpp"

namespace faxmail {
namespace {

constexpr std::size_t read_size = 16 * 1024;
constexpr std::int64_t address_timeout_ms = 5000;

dfi::Error unreachable(const Endpoint& endpoint, const std::string& reason) {
  return dfi::Error(dfi::msg::smtp_unreachable,
                    {{"server", endpoint.server}, {"port", std::to_string(endpoint.port)}, {"reason", reason}});
}

std::string errno_text(int error) {
  return std::string(::strerrorname_np(error)) + " (" + ::strerrordesc_np(error) + ")";
}

/// Waits for events on fd until the deadline. 0 = time-out, 1 = ready, -1 = interrupted.
int wait_for(int fd, short events, int interrupt_fd, std::int64_t deadline) {
  for (;;) {
    const auto left = std::max<std::int64_t>(0, deadline - dfi::monotonic_ms());
    pollfd polled[2] = {{fd, events, 0}, {interrupt_fd, POLLIN, 0}};
    const int ready = ::poll(polled, 2, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready < 0 && errno != EINTR) throw dfi::os_error("poll", "socket");
    if (ready > 0 && polled[1].revents != 0) return -1;
    if (ready > 0) return 1;
    if (ready == 0 && left == 0) return 0;
  }
}

/// Empty text on success.
std::string connect_one(const dfi::Fd& fd, const addrinfo& address, int interrupt_fd, std::int64_t deadline) {
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return errno_text(errno);
  const int ready = wait_for(fd.get(), POLLOUT, interrupt_fd, deadline);
  if (ready < 0) throw dfi::Error(dfi::msg::mail_stopping);
  if (ready == 0) return errno_text(ETIMEDOUT);
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? std::string() : errno_text(error);
}

void set_option(int fd, int option) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, option, &on, sizeof on);
}

}  // namespace

struct Connection::Tls {
  TlsStream stream;
};

Connection::Connection(Endpoint endpoint, dfi::Fd fd, int interrupt_fd)
    : endpoint_(std::move(endpoint)), fd_(std::move(fd)), interrupt_fd_(interrupt_fd), received_(read_size, '\0') {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Connection Connection::open(const Endpoint& endpoint, std::chrono::milliseconds timeout, int interrupt_fd) {
  const auto deadline = dfi::monotonic_ms() + timeout.count();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(endpoint.server.c_str(), std::to_string(endpoint.port).c_str(), &hints, &list);
  if (failed != 0) throw unreachable(endpoint, ::gai_strerror(failed));
  const dfi::Handle<addrinfo, ::freeaddrinfo> addresses(list);
  std::string reason;
  for (const addrinfo* address = list; address; address = address->ai_next) {
    dfi::Fd fd(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) throw dfi::os_error("open", "socket");
    // A dead first address must not use up the time of a living second one.
    const auto limit = address->ai_next ? std::min(deadline, dfi::monotonic_ms() + address_timeout_ms) : deadline;
    reason = connect_one(fd, *address, interrupt_fd, limit);
    if (!reason.empty()) continue;
    set_option(fd.get(), TCP_NODELAY);
    return Connection(endpoint, std::move(fd), interrupt_fd);
  }
  throw unreachable(endpoint, reason);
}

void Connection::begin_phase(std::string_view phase, std::chrono::milliseconds timeout) {
  phase_ = phase;
  timeout_ms_ = timeout.count();
  deadline_ = dfi::monotonic_ms() + timeout_ms_;
}

void Connection::wait(short events) {
  if ((events & POLLIN) != 0) set_option(fd_.get(), TCP_QUICKACK);  // the kernel forgets it after a while
  const int ready = wait_for(fd_.get(), events, interruptible_ ? interrupt_fd_ : -1, deadline_);
  if (ready < 0) throw dfi::Error(dfi::msg::mail_stopping);
  if (ready == 0)
    throw dfi::Error(
        dfi::msg::smtp_timeout,
        {{"server", endpoint_.server}, {"seconds", std::to_string((timeout_ms_ + 999) / 1000)}, {"phase", phase_}});
}

void Connection::lost(const std::string& reason) const {
  throw dfi::Error(dfi::msg::smtp_connection_lost,
                   {{"server", endpoint_.server}, {"phase", phase_}, {"reason", reason}});
}

void Connection::start_tls(const TlsSettings& settings) {
  TlsStream stream(settings, endpoint_.server, fd_.get());
  for (;;) {
    const auto step = stream.handshake();
    if (step == TlsStep::done) break;
    wait(step == TlsStep::wants_read ? POLLIN : POLLOUT);
  }
  tls_ = std::make_unique<Tls>(Tls{std::move(stream)});
}

bool Connection::encrypted() const { return tls_ != nullptr; }

void Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (tls_) {
      std::size_t written = 0;
      std::string reason;
      const auto step = tls_->stream.write(bytes, written, reason);
      if (step == TlsStep::closed) lost(reason);
      if (step != TlsStep::done) wait(step == TlsStep::wants_read ? POLLIN : POLLOUT);
      bytes.remove_prefix(written);
      continue;
    }
    const ssize_t written = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(written));
    else if (errno == EAGAIN)
      wait(POLLOUT);
    else if (errno != EINTR)
      lost(errno_text(errno));
  }
}

std::string_view Connection::read() {
  for (;;) {
    if (tls_) {
      std::size_t size = 0;
      std::string reason;
      const auto step = tls_->stream.read(received_, size, reason);
      if (step == TlsStep::done) return std::string_view(received_).substr(0, size);
      if (step == TlsStep::closed) lost(reason);
      wait(step == TlsStep::wants_read ? POLLIN : POLLOUT);
      continue;
    }
    const ssize_t size = ::recv(fd_.get(), received_.data(), received_.size(), 0);
    if (size > 0) return std::string_view(received_).substr(0, static_cast<std::size_t>(size));
    if (size == 0) lost("EOF");
    if (errno == EAGAIN)
      wait(POLLIN);
    else if (errno != EINTR)
      lost(errno_text(errno));
  }
}

std::string Connection::local_literal() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  char host[NI_MAXHOST] = "";
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::getsockname(fd_.get(), generic, &size) != 0 ||
      ::getnameinfo(generic, size, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0)
    return "[127.0.0.1]";
  std::string text = host;
  text.resize(std::min(text.size(), text.find('%')));
  return address.ss_family == AF_INET6 ? "[IPv6:" + text + "]" : "[" + text + "]";
}

}  // namespace faxmail
