// SPDX-License-Identifier: Apache-2.0
#include "base/signature.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"
#include "messages/release.hpp"

namespace dfi {
namespace {

using Pkey = Handle<EVP_PKEY, EVP_PKEY_free>;
using Memory = Handle<BIO, BIO_free_all>;

std::string base64(std::string_view bytes) {
  std::string result((bytes.size() + 2) / 3 * 4 + 1, '\0');
  int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                          reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  result.resize(static_cast<std::size_t>(n));
  return result;
}

// Empty if the text is no base64 of exactly `size` bytes.
std::string from_base64(const std::string& text, std::size_t size) {
  std::string result(text.size() / 4 * 3 + 3, '\0');
  int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                          reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (n < 0 || static_cast<std::size_t>(n) < size) return {};
  result.resize(size);
  return result;
}

std::string raw_public(EVP_PKEY* key) {
  std::size_t length = 32;
  std::string raw(length, '\0');
  if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(raw.data()), &length) != 1) return {};
  return raw;
}

std::string key_id(const std::string& raw) { return sha256(raw).substr(0, 16); }

Error unusable(const fs::path& path) { return Error(msg::key_unusable, {{"path", path.string()}}); }

Pkey read_private(const fs::path& path) {
  auto pem = read_file(path);
  Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Pkey key(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) throw unusable(path);
  return key;
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  long n = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(n)};
}

}  // namespace

void generate_keys(const fs::path& private_pem, const fs::path& public_pem) {
  for (const auto& path : {private_pem, public_pem})
    if (fs::exists(path)) throw Error(msg::file_exists, {{"path", path.string()}});
  Pkey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  Memory secret(BIO_new(BIO_s_mem())), open(BIO_new(BIO_s_mem()));
  require(key && PEM_write_bio_PKCS8PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
              PEM_write_bio_PUBKEY(open.get(), key.get()) == 1,
          "Ed25519 key generation");
  durable::write_file(private_pem, text_of(secret.get()), 0600);
  durable::write_file(public_pem, text_of(open.get()), 0644);
}

std::string sign(std::string_view document, const fs::path& private_pem) {
  Pkey key = read_private(private_pem);
  Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  std::string signature(64, '\0');
  std::size_t length = signature.size();
  require(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
              EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                             reinterpret_cast<const unsigned char*>(document.data()), document.size()) == 1,
          "Ed25519 signature");
  Json json{
      {"schema", "dfinstall-signature/1"}, {"key", key_id(raw_public(key.get()))}, {"ed25519", base64(signature)}};
  return json.dump() + "\n";
}

TrustedKeys TrustedKeys::load(const fs::path& directory) {
  TrustedKeys keys;
  keys.directory_ = directory;
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error))
    if (entry.path().extension() == ".pem") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    auto pem = read_file(file);
    Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    Pkey key(PEM_read_bio_PUBKEY(memory.get(), nullptr, nullptr, nullptr));
    auto raw = key ? raw_public(key.get()) : std::string();
    if (raw.empty()) throw unusable(file);
    keys.keys_.push_back({key_id(raw), raw});
  }
  return keys;
}

TrustedKeys TrustedKeys::of_private_key(const fs::path& private_pem) {
  TrustedKeys keys;
  keys.directory_ = private_pem;
  auto raw = raw_public(read_private(private_pem).get());
  keys.keys_.push_back({key_id(raw), raw});
  return keys;
}

std::string TrustedKeys::verify(std::string_view document, std::string_view signature_file,
                                const std::string& name) const {
  if (keys_.empty()) throw Error(msg::no_trusted_key, {{"directory", directory_.string()}, {"name", name}});
  auto json = parse_json(signature_file, name + ".sig");
  auto [id, signature] = from_json_document(name + ".sig", [&] {
    return std::pair(json.at("key").get<std::string>(), from_base64(json.at("ed25519").get<std::string>(), 64));
  });
  auto trusted = std::find_if(keys_.begin(), keys_.end(), [&wanted = id](const auto& key) { return key.id == wanted; });
  if (trusted == keys_.end())
    throw Error(msg::foreign_key, {{"name", name}, {"key", id}, {"directory", directory_.string()}});
  Pkey key(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(trusted->raw.data()), trusted->raw.size()));
  Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  bool good =
      !signature.empty() && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                       reinterpret_cast<const unsigned char*>(document.data()), document.size()) == 1;
  if (!good) throw Error(msg::signature_wrong, {{"name", name}, {"key", id}});
  return id;
}

}  // namespace dfi
