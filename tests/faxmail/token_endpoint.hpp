// SPDX-License-Identifier: Apache-2.0
// A stand-in for the token endpoint of a provider: HTTPS on a loopback port, one request per connection, answers in the
// order given, the last one repeats.
#pragma once
#include <openssl/ssl.h>

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "tests/faxmail/certificates.hpp"

namespace faxmail::test {

struct EndpointAnswer {
  int status = 200;
  std::string body = R"({"token_type":"Bearer","expires_in":3599,"access_token":"token-1"})";
  std::vector<std::string> headers = {};
  bool never = false;  // take the request and stay silent until the client goes
};

class TokenEndpoint {
 public:
  explicit TokenEndpoint(Identity identity, std::deque<EndpointAnswer> answers = {{}});
  TokenEndpoint(const TokenEndpoint&) = delete;
  TokenEndpoint& operator=(const TokenEndpoint&) = delete;
  ~TokenEndpoint();

  std::string url(const std::string& host = "127.0.0.1") const;
  /// The decoded form of each request, in order.
  std::vector<std::map<std::string, std::string>> requests() const;
  int connections() const { return connections_; }

 private:
  void run();
  void serve(SSL* ssl);
  EndpointAnswer next();

  Identity identity_;
  dfi::Fd listener_;
  int port_ = 0;
  std::atomic<int> client_fd_{-1};
  std::atomic<int> connections_{0};
  std::atomic<bool> ending_{false};
  mutable std::mutex mutex_;
  std::deque<EndpointAnswer> answers_;
  std::vector<std::map<std::string, std::string>> requests_;
  std::thread thread_;
};

}  // namespace faxmail::test
