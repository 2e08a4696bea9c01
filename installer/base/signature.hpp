// SPDX-License-Identifier: Apache-2.0
// Ed25519 signatures over documents (manifests, indexes). A signature file is a small JSON document: key id, signature.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dfi {

namespace fs = std::filesystem;

/// Makes a key pair: PKCS#8 PEM (0600) and public PEM (0644). Existing files are refused.
void generate_keys(const fs::path& private_pem, const fs::path& public_pem);

/// The text of a signature file over `document`, made with a private PEM.
std::string sign(std::string_view document, const fs::path& private_pem);

/// The public keys a host trusts: *.pem of one directory.
class TrustedKeys {
 public:
  /// A missing directory is an empty set. A file that is no Ed25519 public key is an error.
  static TrustedKeys load(const fs::path& directory);
  /// The vendor's own view: only what this private key (PEM) signed.
  static TrustedKeys of_private_key(const fs::path& private_pem);

  /// Throws Error: no_trusted_key (none here), foreign_key (signed by a key not in the set) or signature_wrong.
  /// `name` is what the message calls the document. Returns the key id.
  std::string verify(std::string_view document, std::string_view signature_file, const std::string& name) const;

 private:
  struct Key {
    std::string id;  // first 16 hex digits of the SHA-256 of the raw public key
    std::string raw;
  };
  std::vector<Key> keys_;
  fs::path directory_;
};

}  // namespace dfi
