// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/resolver.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <thread>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/smtp/waiting.hpp"

namespace faxmail {
namespace {

struct Answer {
  int failed = EAI_AGAIN;
  std::vector<SocketAddress> addresses;
};

Answer ask(const std::string& name, int port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* list = nullptr;
  Answer answer;
  answer.failed = ::getaddrinfo(name.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (answer.failed != 0) return answer;
  const dfi::Handle<addrinfo, ::freeaddrinfo> owner(list);
  for (const auto* item = list; item; item = item->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, item->ai_addr, item->ai_addrlen);
    address.size = item->ai_addrlen;
    answer.addresses.push_back(address);
  }
  return answer;
}

[[noreturn]] void unresolved(const Endpoint& endpoint, const std::string& reason) {
  throw dfi::Error(dfi::msg::smtp_unresolved, {{"server", endpoint.server}, {"reason", reason}});
}

/// Shared with the asking thread, which may outlive a caller that has stopped waiting.
struct Question {
  dfi::Fd done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::atomic<bool> answered{false};  // hands over `answer`: the descriptor only wakes
  Answer answer;
};

}  // namespace

const sockaddr* SocketAddress::get() const { return reinterpret_cast<const sockaddr*>(&storage); }

std::string SocketAddress::text() const {
  char host[NI_MAXHOST] = "?";
  ::getnameinfo(get(), size, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return host;
}

std::vector<SocketAddress> resolve(const Endpoint& endpoint, std::chrono::milliseconds timeout, int interrupt_fd) {
  std::string name = endpoint.server;
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
  if (auto literal = ask(name, endpoint.port, AI_NUMERICHOST); literal.failed == 0) return literal.addresses;

  const auto question = std::make_shared<Question>();
  if (!question->done) throw dfi::os_error("open", "eventfd");
  std::thread([question, name, port = endpoint.port] {
    question->answer = ask(name, port, AI_ADDRCONFIG | AI_IDN);
    question->answered.store(true, std::memory_order_release);
    const std::uint64_t one = 1;
    // Its failure would only look like a time-out.
    [[maybe_unused]] const auto size = ::write(question->done.get(), &one, sizeof one);
  }).detach();
  wait_for(question->done.get(), POLLIN, interrupt_fd, deadline_in(timeout));
  if (!question->answered.load(std::memory_order_acquire)) unresolved(endpoint, ::gai_strerror(EAI_AGAIN));
  if (question->answer.failed != 0) unresolved(endpoint, ::gai_strerror(question->answer.failed));
  return question->answer.addresses;
}

}  // namespace faxmail
