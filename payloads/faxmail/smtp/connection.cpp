// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/connection.hpp"

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
#include "payloads/faxmail/smtp/waiting.hpp"

namespace faxmail {
namespace {

constexpr std::size_t read_size = 16 * 1024;
/// A server that answers faster than we ask is out of its mind; its answers are bounded like its lines.
constexpr std::size_t kept_limit = 1024 * 1024;
constexpr std::int64_t address_timeout_ms = 5000;

/// When to give up an address of which `left` (with itself) are still to be tried: a dead one must not use up the time
/// of those behind it.
std::int64_t address_deadline(std::int64_t deadline, std::int64_t left) {
  const auto now = dfi::monotonic_ms();
  const auto share = std::max<std::int64_t>(0, deadline - now) / left;
  return left == 1 ? deadline : now + std::min(address_timeout_ms, share);
}

std::string errno_text(int error) {
  return std::string(::strerrorname_np(error)) + " (" + ::strerrordesc_np(error) + ")";
}

void set_option(int fd, int option) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, option, &on, sizeof on);
}

/// Empty text on success.
std::string connect_one(const dfi::Fd& fd, const SocketAddress& address, int interrupt_fd, std::int64_t deadline) {
  if (::connect(fd.get(), address.get(), address.size) == 0) return {};
  if (errno != EINPROGRESS) return errno_text(errno);
  if (wait_for(fd.get(), POLLOUT, interrupt_fd, deadline) == 0) return errno_text(ETIMEDOUT);
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? std::string() : errno_text(error);
}

dfi::Fd new_socket(const SocketAddress& address) {
  return dfi::Fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

}  // namespace

Connection::Connection(Endpoint endpoint, SocketAddress address, dfi::Fd fd, int interrupt_fd)
    : endpoint_(std::move(endpoint)),
      address_(address),
      fd_(std::move(fd)),
      interrupt_fd_(interrupt_fd),
      buffer_(read_size, '\0') {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Connection Connection::open(const Endpoint& endpoint, const std::vector<SocketAddress>& addresses,
                            std::chrono::milliseconds timeout, int interrupt_fd) {
  const auto deadline = deadline_in(timeout);
  std::string reason;
  for (const auto& address : addresses) {
    auto fd = new_socket(address);
    if (!fd) throw dfi::os_error("open", "socket");
    const auto left = &addresses.back() - &address + 1;
    reason = connect_one(fd, address, interrupt_fd, address_deadline(deadline, left));
    if (!reason.empty()) continue;
    set_option(fd.get(), TCP_NODELAY);
    return Connection(endpoint, address, std::move(fd), interrupt_fd);
  }
  throw dfi::Error(dfi::msg::smtp_unreachable,
                   {{"server", endpoint.server}, {"port", std::to_string(endpoint.port)}, {"reason", reason}});
}

void Connection::begin_phase(std::string_view phase, std::chrono::milliseconds timeout) {
  phase_ = phase;
  timeout_ms_ = timeout.count();
  deadline_ = dfi::monotonic_ms() + timeout_ms_;
}

short Connection::wait(short events) {
  if ((events & POLLIN) != 0) set_option(fd_.get(), TCP_QUICKACK);  // the kernel forgets it after a while
  const short ready = wait_for(fd_.get(), events, interruptible_ ? interrupt_fd_ : -1, deadline_);
  if (ready == 0)
    throw dfi::Error(
        dfi::msg::smtp_timeout,
        {{"server", endpoint_.server}, {"seconds", std::to_string((timeout_ms_ + 999) / 1000)}, {"phase", phase_}});
  return ready;
}

void Connection::lost(const std::string& reason) const {
  throw dfi::Error(dfi::msg::smtp_connection_lost,
                   {{"server", endpoint_.server}, {"phase", phase_}, {"reason", reason}});
}

void Connection::start_tls(const TlsSettings& settings) {
  auto stream = std::make_unique<TlsStream>(settings, endpoint_, fd_.get());
  for (;;) {
    const auto step = stream->handshake();
    if (step == TlsStep::done) break;
    wait(step == TlsStep::wants_read ? POLLIN : POLLOUT);
  }
  tls_facts_ = stream->facts();
  tls_ = std::move(stream);
}

Connection::Step Connection::write_some(std::string_view bytes, std::size_t& written) {
  if (tls_) {
    std::string reason;
    const auto step = tls_->write(bytes, written, reason);
    if (step == TlsStep::closed) lost(reason);
    return step == TlsStep::done ? Step::done : step == TlsStep::wants_read ? Step::wants_read : Step::wants_write;
  }
  const ssize_t size = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (size >= 0) {
    written = static_cast<std::size_t>(size);
    return Step::done;
  }
  if (errno != EAGAIN && errno != EINTR) lost(errno_text(errno));
  return Step::wants_write;
}

Connection::Step Connection::read_some(std::size_t& size) {
  if (tls_) {
    std::string reason;
    const auto step = tls_->read(buffer_, size, reason);
    if (step == TlsStep::closed) lost(reason);
    return step == TlsStep::done ? Step::done : step == TlsStep::wants_read ? Step::wants_read : Step::wants_write;
  }
  const ssize_t count = ::recv(fd_.get(), buffer_.data(), buffer_.size(), 0);
  if (count == 0) lost("EOF");
  if (count < 0 && errno != EAGAIN && errno != EINTR) lost(errno_text(errno));
  if (count < 0) return Step::wants_read;
  size = static_cast<std::size_t>(count);
  return Step::done;
}

void Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t written = 0;
    const auto step = write_some(bytes, written);
    if (step == Step::done) {
      bytes.remove_prefix(written);
      continue;
    }
    // The peer may wait for us to read before it reads on.
    const short ready = wait(step == Step::wants_read ? POLLIN : POLLIN | POLLOUT);
    std::size_t size = 0;
    if ((ready & POLLIN) != 0 && read_some(size) == Step::done) kept_.append(buffer_, 0, size);
    if (kept_.size() > kept_limit) lost("more answers than questions");
  }
}

std::string_view Connection::read() {
  if (!kept_.empty()) {
    buffer_.swap(kept_);
    kept_.clear();
    return buffer_;
  }
  if (buffer_.size() < read_size) buffer_.resize(read_size);
  for (;;) {
    std::size_t size = 0;
    const auto step = read_some(size);
    if (step == Step::done) return std::string_view(buffer_).substr(0, size);
    wait(step == Step::wants_read ? POLLIN : POLLOUT);
  }
}

bool Connection::readable_within(std::chrono::milliseconds time) {
  if (!kept_.empty()) return true;
  return wait_for(fd_.get(), POLLIN, interruptible_ ? interrupt_fd_ : -1, std::min(deadline_, deadline_in(time))) != 0;
}

std::string Connection::local_literal() const {
  SocketAddress local;
  local.size = sizeof local.storage;
  if (::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&local.storage), &local.size) != 0) return "[127.0.0.1]";
  std::string text = local.text();
  text.resize(std::min(text.size(), text.find('%')));
  return local.storage.ss_family == AF_INET6 ? "[IPv6:" + text + "]" : "[" + text + "]";
}

bool speaks_tls_at_once(const SocketAddress& address, std::chrono::milliseconds time) noexcept {
  try {
    const auto deadline = deadline_in(time);
    const auto fd = new_socket(address);
    if (!fd || !connect_one(fd, address, -1, deadline).empty()) return false;
    TlsSettings anything;
    anything.verify = false;
    TlsStream stream(anything, {}, fd.get());
    for (;;) {
      const auto step = stream.handshake();
      if (step == TlsStep::done) return true;
      if (wait_for(fd.get(), step == TlsStep::wants_read ? POLLIN : POLLOUT, -1, deadline) == 0) return false;
    }
  } catch (const dfi::Error&) {
    return false;
  }
}

}  // namespace faxmail
