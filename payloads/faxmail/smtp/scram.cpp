// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/scram.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <charconv>

#include "base/error.hpp"
#include "payloads/faxmail/message/encoding.hpp"

namespace faxmail {
namespace {

constexpr std::size_t digest_size = 32;
/// Fewer is no protection (RFC 7677 4); more would let a server keep us busy.
constexpr int fewest_iterations = 4096, most_iterations = 1'000'000;

const unsigned char* bytes_of(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string hmac(const std::string& key, const std::string& data) {
  std::string digest(digest_size, '\0');
  unsigned int size = digest_size;
  dfi::require(::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(data), data.size(),
                      reinterpret_cast<unsigned char*>(digest.data()), &size) != nullptr,
               "HMAC-SHA-256");
  return digest;
}

std::string sha256(const std::string& data) {
  std::string digest(digest_size, '\0');
  unsigned int size = digest_size;
  dfi::require(::EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
                            ::EVP_sha256(), nullptr) == 1,
               "SHA-256");
  return digest;
}

std::string salted(const std::string& password, const std::string& salt, int iterations) {
  std::string key(digest_size, '\0');
  dfi::require(
      ::PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                          static_cast<int>(salt.size()), iterations, ::EVP_sha256(), static_cast<int>(digest_size),
                          reinterpret_cast<unsigned char*>(key.data())) == 1,
      "PBKDF2");
  return key;
}

/// "," and "=" of a name are escaped (RFC 5802 5.1).
std::string escaped(const std::string& name) {
  std::string result;
  for (const char c : name) result += c == '=' ? "=3D" : c == ',' ? "=2C" : std::string(1, c);
  return result;
}

/// The value of attribute `name` ("r=…") in a comma-separated message, or empty.
std::string attribute(const std::string& message, char name) {
  for (std::size_t at = 0; at < message.size();) {
    const auto end = std::min(message.find(',', at), message.size());
    if (end - at > 2 && message[at] == name && message[at + 1] == '=') return message.substr(at + 2, end - at - 2);
    at = end + 1;
  }
  return {};
}

std::string random_nonce() {
  std::string bytes(18, '\0');
  dfi::require(::RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) == 1,
               "random bytes");
  return base64(bytes);
}

class Scram : public Sasl {
 public:
  Scram(const std::string& user, Secret password, std::string nonce)
      : password_(std::move(password)),
        nonce_(nonce.empty() ? random_nonce() : std::move(nonce)),
        first_("n=" + escaped(user) + ",r=" + nonce_) {}

  std::optional<std::string> initial() override { return "n,," + first_; }

  std::optional<std::string> respond(const std::string& challenge) override {
    // An empty challenge asks for the first message: the server did not take it with AUTH.
    if (challenge.empty() && signature_.empty()) return initial();
    if (!signature_.empty()) return verify(challenge);
    return prove(challenge);
  }

  bool complete() const override { return verified_; }
  std::string trouble() const override { return trouble_; }

 private:
  std::optional<std::string> prove(const std::string& challenge) {
    const auto nonce = attribute(challenge, 'r'), salt_text = attribute(challenge, 's'), count = attribute(challenge, 'i');
    const auto salt = unbase64(salt_text);
    int iterations = 0;
    std::from_chars(count.data(), count.data() + count.size(), iterations);
    const bool ours = nonce.size() > nonce_.size() && nonce.compare(0, nonce_.size(), nonce_) == 0;
    if (!ours || !salt || salt->empty() || iterations < fewest_iterations || iterations > most_iterations) {
      trouble_ = "malformed challenge";
      return std::nullopt;
    }
    const auto last = "c=biws,r=" + nonce;  // base64 of "n,,"
    const auto signed_text = first_ + "," + challenge + "," + last;
    auto key = salted(password_.value(), *salt, iterations);
    auto client_key = hmac(key, "Client Key");
    const auto client_signature = hmac(sha256(client_key), signed_text);
    signature_ = hmac(hmac(key, "Server Key"), signed_text);
    for (std::size_t i = 0; i < client_key.size(); ++i) client_key[i] ^= client_signature[i];
    auto answer = last + ",p=" + base64(client_key);
    wipe(key);
    wipe(client_key);
    return answer;
  }

  /// The server's last message; with SMTP it comes as a challenge, which an empty line answers.
  std::optional<std::string> verify(const std::string& challenge) {
    trouble_ = attribute(challenge, 'e');
    const auto proof = unbase64(attribute(challenge, 'v'));
    verified_ = proof && proof->size() == signature_.size() &&
                ::CRYPTO_memcmp(proof->data(), signature_.data(), signature_.size()) == 0;
    if (!verified_ && trouble_.empty()) trouble_ = "the server could not prove that it knows the password";
    if (!verified_) return std::nullopt;
    return std::string();
  }

  Secret password_;
  std::string nonce_, first_, signature_, trouble_;
  bool verified_ = false;
};

}  // namespace

std::unique_ptr<Sasl> make_scram(const std::string& user, Secret password, std::string nonce) {
  return std::make_unique<Scram>(user, std::move(password), std::move(nonce));
}

}  // namespace faxmail
