// SPDX-License-Identifier: Apache-2.0
// Access tokens of OAuth 2 (client credentials, RFC 6749 4.4, or a signed assertion, RFC 7523), kept in memory only.
#pragma once
#include <chrono>
#include <functional>
#include <mutex>

#include "payloads/faxmail/config/secret.hpp"
#include "payloads/faxmail/oauth/https.hpp"

namespace faxmail {

struct Token {
  Secret value;
  std::chrono::seconds life{0};  // from the answer on; 0: for one use
};

/// What the endpoint answered to this request. Throws Error oauth_refused (status, error and first line of its
/// description, in which every secret of the request is blotted out) or oauth_malformed.
Token read_token(const HttpsPost& request, const HttpsReply& reply);

/// Thread-safe. One request at a time: who comes meanwhile waits and gets the token of the first.
class TokenSource {
 public:
  using Request = std::function<HttpsPost()>;                // made anew each time: secrets change
  using Clock = std::function<std::chrono::milliseconds()>;  // monotonic

  explicit TokenSource(Request request);
  TokenSource(Request request, Clock clock);

  /// The token in hand until 80 % of its life are over, then a new one. Throws Error oauth_… or mail_secret_….
  Secret token();
  /// The server did not take it: the next token() asks for a new one.
  void spent();

 private:
  std::mutex mutex_;
  Request request_;
  Clock clock_;
  Secret token_;
  std::chrono::milliseconds renew_at_{0};
};

}  // namespace faxmail
