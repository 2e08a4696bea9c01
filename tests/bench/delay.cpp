// SPDX-License-Identifier: Apache-2.0
// A long line on loopback: what comes in goes out later, in order. A reader and a writer per direction, because
// one thread that sleeps would make the line narrow, not long.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "tests/bench/bench.hpp"

namespace bench {
namespace {

/// What may be on its way; enough for 100 MB/s at 80 ms.
constexpr std::size_t capacity = 8 * 1024 * 1024;

/// One direction of a connection.
class Pipe {
 public:
  Pipe(int from, int to, std::chrono::milliseconds delay) : from_(from), to_(to), delay_(delay) {}

  void read() {
    std::string block(64 * 1024, '\0');
    for (;;) {
      const auto size = ::recv(from_, block.data(), block.size(), 0);
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return under_way_ < capacity; });
      const auto length = static_cast<std::size_t>(std::max<ssize_t>(size, 0));
      under_way_ += length;
      parts_.push_back({Clock::now() + delay_, block.substr(0, length)});
      changed_.notify_all();
      if (size <= 0) return;
    }
  }
  void write() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !parts_.empty(); });
      const auto part = std::move(parts_.front());
      parts_.pop_front();
      lock.unlock();
      std::this_thread::sleep_until(part.due);
      if (part.bytes.empty()) break;
      for (std::string_view rest = part.bytes; !rest.empty();) {
        const auto size = ::send(to_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (size <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(size));
      }
      lock.lock();
      under_way_ -= part.bytes.size();
      changed_.notify_all();
    }
    ::shutdown(to_, SHUT_WR);
  }

 private:
  struct Part {
    Clock::time_point due;
    std::string bytes;  // empty: the end
  };
  const int from_, to_;
  const std::chrono::milliseconds delay_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Part> parts_;
  std::size_t under_way_ = 0;
};

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

dfi::Fd new_socket() {
  dfi::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw dfi::os_error("open", "socket");
  return fd;
}

void hurry(const dfi::Fd& fd) {
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void carry(const dfi::Fd& client, int target, std::chrono::milliseconds delay) {
  const auto server = new_socket();
  const auto address = loopback(target);
  // The handshake of a long line takes its time too.
  std::this_thread::sleep_for(2 * delay);
  if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
  hurry(client);
  hurry(server);
  Pipe there(client.get(), server.get(), delay), back(server.get(), client.get(), delay);
  std::thread threads[] = {std::thread(&Pipe::read, &there), std::thread(&Pipe::write, &there),
                           std::thread(&Pipe::read, &back), std::thread(&Pipe::write, &back)};
  for (auto& thread : threads) thread.join();
}

}  // namespace

void delay(int port, int target, std::chrono::milliseconds one_way) {
  const auto listener = new_socket();
  const int on = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto address = loopback(port);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), 16) != 0)
    throw dfi::os_error("listen", "socket");
  for (;;) {
    dfi::Fd client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) continue;
    std::thread([shared = std::make_shared<dfi::Fd>(std::move(client)), target, one_way] {
      carry(*shared, target, one_way);
    }).detach();
  }
}

}  // namespace bench
