// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/sasl.hpp"

#include <fmt/core.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/error.hpp"
#include "payloads/faxmail/product/words.hpp"
#include "payloads/faxmail/smtp/scram.hpp"

namespace faxmail {
namespace {

class Plain : public Sasl {
 public:
  Plain(std::string user, Secret password) : user_(std::move(user)), password_(std::move(password)) {}
  std::optional<std::string> initial() override { return '\0' + user_ + '\0' + password_.value(); }
  std::optional<std::string> respond(const std::string&) override { return initial(); }

 private:
  std::string user_;
  Secret password_;
};

/// Prompts are not looked at: some servers ask "VXNlcjo=", others translate them (M1 of the original study).
class Login : public Sasl {
 public:
  Login(std::string user, Secret password) : user_(std::move(user)), password_(std::move(password)) {}
  std::optional<std::string> initial() override { return std::nullopt; }
  std::optional<std::string> respond(const std::string&) override {
    switch (++asked_) {
      case 1: return user_;
      case 2: return password_.value();
      default: return std::nullopt;
    }
  }

 private:
  std::string user_;
  Secret password_;
  int asked_ = 0;
};

class CramMd5 : public Sasl {
 public:
  CramMd5(std::string user, Secret password) : user_(std::move(user)), password_(std::move(password)) {}
  std::optional<std::string> initial() override { return std::nullopt; }
  std::optional<std::string> respond(const std::string& challenge) override {
    // Absent under FIPS rules: then the exchange is cancelled and another mechanism has its turn.
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(challenge.data());
    if (answered_ || !::HMAC(::EVP_md5(), password_.value().data(), static_cast<int>(password_.value().size()), data,
                             challenge.size(), digest, &size))
      return std::nullopt;
    answered_ = true;
    return user_ + " " + hex({reinterpret_cast<const char*>(digest), size});
  }

 private:
  std::string user_;
  Secret password_;
  bool answered_ = false;
};

/// XOAUTH2 and OAUTHBEARER: one message; a challenge means an error, which must be acknowledged before the server says
/// its final word.
class Bearer : public Sasl {
 public:
  Bearer(std::string message, std::string acknowledgement)
      : message_(std::move(message)), acknowledgement_(std::move(acknowledgement)) {}
  std::optional<std::string> initial() override { return message_.value(); }
  std::optional<std::string> respond(const std::string& challenge) override {
    // An empty challenge asks for the message: the server did not take it with AUTH.
    if (challenge.empty() && trouble_.empty()) return message_.value();
    if (!trouble_.empty()) return std::nullopt;
    trouble_ = challenge;
    return acknowledgement_;
  }
  std::string trouble() const override { return trouble_; }

 private:
  Secret message_;
  std::string acknowledgement_, trouble_;
};

std::unique_ptr<Sasl> make_bearer(const std::string& mechanism, const Account& account, const Secret& token) {
  if (mechanism == "XOAUTH2")
    return std::make_unique<Bearer>("user=" + account.user + "\1auth=Bearer " + token.value() + "\1\1", "");
  // GS2 header; "=" and "," of the name are escaped (RFC 5801).
  std::string name;
  for (const char c : account.user) name += c == '=' ? "=3D" : c == ',' ? "=2C" : std::string(1, c);
  return std::make_unique<Bearer>(fmt::format("n,a={},\1host={}\1port={}\1auth=Bearer {}\1\1", name,
                                              account.endpoint.server, account.endpoint.port, token.value()),
                                  "\1");
}

bool sends_password(const std::string& mechanism) { return mechanism == "PLAIN" || mechanism == "LOGIN"; }

}  // namespace

bool uses_token(const std::string& mechanism) { return mechanism == "XOAUTH2" || mechanism == "OAUTHBEARER"; }

std::vector<std::string> mechanisms_of(const Account& account, bool encrypted) {
  std::vector<std::string> wanted;
  if (account.auth == "*AUTO") {
    if (account.token) wanted = {"XOAUTH2", "OAUTHBEARER"};
    if (account.password) wanted.insert(wanted.end(), {"SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5"});
  }
  if (account.auth == "*LOGIN") wanted = {"LOGIN"};
  if (account.auth == "*PLAIN") wanted = {"PLAIN"};
  if (account.auth == "*CRAMMD5") wanted = {"CRAM-MD5"};
  if (account.auth == "*SCRAM") wanted = {"SCRAM-SHA-256"};
  if (account.auth == "*XOAUTH2") wanted = {"XOAUTH2"};
  if (account.auth == "*OAUTHBEARER") wanted = {"OAUTHBEARER"};
  if (encrypted) return wanted;
  std::vector<std::string> safe;
  for (const auto& mechanism : wanted) {
    if (uses_token(mechanism)) continue;
    if (sends_password(mechanism) && !(account.plain_without_tls && account.auth != "*AUTO")) continue;
    safe.push_back(mechanism);
  }
  return safe;
}

std::unique_ptr<Sasl> make_sasl(const std::string& mechanism, const Account& account, Secret secret) {
  if (uses_token(mechanism)) return make_bearer(mechanism, account, secret);
  if (mechanism == "PLAIN") return std::make_unique<Plain>(account.user, std::move(secret));
  if (mechanism == "LOGIN") return std::make_unique<Login>(account.user, std::move(secret));
  if (mechanism == "CRAM-MD5") return std::make_unique<CramMd5>(account.user, std::move(secret));
  dfi::require(mechanism == "SCRAM-SHA-256", "a known mechanism");
  return make_scram(account.user, std::move(secret));
}

}  // namespace faxmail
