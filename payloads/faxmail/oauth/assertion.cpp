// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/oauth/assertion.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/json.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/oauth/token_claims.hpp"

namespace faxmail {
namespace {

constexpr std::int64_t life_seconds = 3600;

[[noreturn]] void refuse(const std::string& origin, const char* reason) {
  throw dfi::Error(dfi::msg::oauth_key_file, {{"key", origin}, {"reason", reason}});
}

/// RS256 of the bytes; nothing if the key is no RSA key in PEM.
std::optional<std::string> signature(const std::string& pem, const std::string& bytes) {
  const dfi::Handle<BIO, ::BIO_free_all> in(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const dfi::Handle<EVP_PKEY, ::EVP_PKEY_free> key(::PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  if (!key || ::EVP_PKEY_is_a(key.get(), "RSA") != 1) return std::nullopt;
  const dfi::Handle<EVP_MD_CTX, ::EVP_MD_CTX_free> context(::EVP_MD_CTX_new());
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t size = 0;
  if (::EVP_DigestSignInit(context.get(), nullptr, ::EVP_sha256(), nullptr, key.get()) != 1 ||
      ::EVP_DigestSign(context.get(), nullptr, &size, data, bytes.size()) != 1)
    return std::nullopt;
  std::string result(size, '\0');
  if (::EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(result.data()), &size, data, bytes.size()) != 1)
    return std::nullopt;
  result.resize(size);
  return result;
}

}  // namespace

ServiceKey ServiceKey::parse(const std::string& json, const std::string& origin) {
  auto document = dfi::Json::parse(json, nullptr, false);
  if (!document.is_object()) refuse(origin, "no JSON object");
  const auto text = [&](const char* key) -> std::string& {
    const auto found = document.find(key);
    if (found == document.end() || !found->is_string() || found->get_ref<std::string&>().empty()) refuse(origin, key);
    return found->get_ref<std::string&>();
  };
  auto& pem = text("private_key");
  Secret private_key(pem);
  wipe(pem);
  ServiceKey key{text("client_email"), text("token_uri"), std::move(private_key)};
  if (key.token_url.rfind("https://", 0) != 0) refuse(origin, "token_uri");
  if (!signature(key.private_key.value(), "")) refuse(origin, "private_key");
  return key;
}

std::string signed_assertion(const ServiceKey& key, const Assertion& assertion, std::int64_t now) {
  const dfi::Json header{{"alg", "RS256"}, {"typ", "JWT"}};
  const dfi::Json claims{
      {"iss", key.email}, {"sub", assertion.mailbox}, {"scope", assertion.scope}, {"aud", assertion.audience},
      {"iat", now},       {"exp", now + life_seconds}};
  const auto bytes = base64url(header.dump()) + "." + base64url(claims.dump());
  const auto sign = signature(key.private_key.value(), bytes);
  if (!sign) refuse(key.email, "private_key");
  return bytes + "." + base64url(*sign);
}

}  // namespace faxmail
