// SPDX-License-Identifier: Apache-2.0
// The login mechanisms (RFC 4954) as small machines: what to send with AUTH, what to answer to each challenge. Bytes go
// in and out decoded; base64 and the wire are the session's. Sources: PLAIN RFC 4616, CRAM-MD5 RFC 2195, SCRAM-SHA-256
// RFC 5802 and 7677, OAUTHBEARER RFC 7628; LOGIN and XOAUTH2 have no RFC.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "payloads/faxmail/smtp/account.hpp"

namespace faxmail {

class Sasl {
 public:
  virtual ~Sasl() = default;
  /// Sent together with AUTH; nothing = the server speaks first. May be empty ("=" on the line).
  virtual std::optional<std::string> initial() = 0;
  /// The answer to a challenge; nothing = the exchange is cancelled, the server is not to be trusted or out of step.
  virtual std::optional<std::string> respond(const std::string& challenge) = 0;
  /// At the final positive reply: has the server proved itself, where the mechanism promises that?
  virtual bool complete() const { return true; }
  /// What the server told in its last challenge, if that was an error (XOAUTH2, OAUTHBEARER, SCRAM); else empty.
  virtual std::string trouble() const { return {}; }
};

/// `mechanism` is a name of the wire ("SCRAM-SHA-256"); `secret` its password or token.
std::unique_ptr<Sasl> make_sasl(const std::string& mechanism, const Account& account, Secret secret);

/// The mechanisms an account may use, strongest first. `encrypted`: on this line.
std::vector<std::string> mechanisms_of(const Account& account, bool encrypted);
bool uses_token(const std::string& mechanism);

}  // namespace faxmail
