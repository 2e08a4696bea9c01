// SPDX-License-Identifier: Apache-2.0
#include "tests/faxmail/token_endpoint.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <csignal>

#include "base/error.hpp"
#include "payloads/faxmail/config/values.hpp"
#include "tests/faxmail/loopback.hpp"

namespace faxmail::test {
namespace {

std::string decoded(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      result += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      result += text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

/// The body of one request; empty if the client has gone before.
std::string read_request(SSL* ssl) {
  std::string text;
  for (;;) {
    const auto head = text.find("\r\n\r\n");
    if (head != std::string::npos) {
      const auto length = lower(text.substr(0, head)).find("content-length: ");
      const std::size_t size = length == std::string::npos ? 0 : std::stoul(text.substr(length + 16));
      if (text.size() >= head + 4 + size) return text.substr(head + 4, size);
    }
    char bytes[4096];
    const int size = ::SSL_read(ssl, bytes, sizeof bytes);
    if (size <= 0) return {};
    text.append(bytes, static_cast<std::size_t>(size));
  }
}

}  // namespace

TokenEndpoint::TokenEndpoint(Identity identity, std::deque<EndpointAnswer> answers)
    : identity_(std::move(identity)), answers_(std::move(answers)) {
  listener_ = listen_on_loopback(port_);
  thread_ = std::thread([this] { run(); });
}

TokenEndpoint::~TokenEndpoint() {
  ending_ = true;
  ::shutdown(listener_.get(), SHUT_RDWR);
  if (client_fd_ >= 0) ::shutdown(client_fd_, SHUT_RDWR);
  thread_.join();
}

std::string TokenEndpoint::url(const std::string& host) const {
  return "https://" + host + ":" + std::to_string(port_) + "/example/oauth2/v2.0/token";
}

std::vector<std::map<std::string, std::string>> TokenEndpoint::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

EndpointAnswer TokenEndpoint::next() {
  const std::lock_guard lock(mutex_);
  auto answer = answers_.front();
  if (answers_.size() > 1) answers_.pop_front();
  return answer;
}

void TokenEndpoint::run() {
  const dfi::Handle<SSL_CTX, ::SSL_CTX_free> context(::SSL_CTX_new(::TLS_server_method()));
  ::SSL_CTX_use_certificate(context.get(), identity_.certificate.get());
  ::SSL_CTX_use_PrivateKey(context.get(), identity_.key.get());
  while (!ending_) {
    const dfi::Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) return;
    client_fd_ = client.get();
    ++connections_;
    const dfi::Handle<SSL, ::SSL_free> ssl(::SSL_new(context.get()));
    ::SSL_set_fd(ssl.get(), client.get());
    if (!ending_ && ::SSL_accept(ssl.get()) == 1) serve(ssl.get());
    client_fd_ = -1;
  }
}

void TokenEndpoint::serve(SSL* ssl) {
  const auto body = read_request(ssl);
  if (body.empty()) return;
  std::map<std::string, std::string> form;
  for (const auto& field : split(body, "&")) {
    const auto equals = field.find('=');
    form[decoded(field.substr(0, equals))] = decoded(field.substr(equals + 1));
  }
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(form);
  }
  const auto answer = next();
  if (answer.never) {
    char byte = 0;
    ::SSL_read(ssl, &byte, 1);
    return;
  }
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) +
                     " x\r\nConnection: close\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\n";
  for (const auto& header : answer.headers) text += header + "\r\n";
  text += "\r\n" + answer.body;
  ::SSL_write(ssl, text.data(), static_cast<int>(text.size()));
  ::SSL_shutdown(ssl);
}

}  // namespace faxmail::test
