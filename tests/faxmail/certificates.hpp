// SPDX-License-Identifier: Apache-2.0
// A certification authority made at test time and the server certificates it issues.
#pragma once
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <string>

#include "base/fd.hpp"

namespace faxmail::test {

using Key = dfi::Handle<EVP_PKEY, ::EVP_PKEY_free>;
using Certificate = dfi::Handle<X509, ::X509_free>;

struct Identity {
  Key key;
  Certificate certificate;
  Certificate intermediate{};  // sent along if there is one
};

/// In seconds from now.
struct Validity {
  long from = -3600, until = 3600;
};

class Authority {
 public:
  explicit Authority(const std::string& name = "Test CA");
  /// `names` as OpenSSL writes them: "DNS:mail.example.com,IP:127.0.0.1".
  Identity issue(const std::string& names, const Validity& validity = {}) const;
  /// An authority below this one.
  Authority intermediate(const std::string& name) const;
  Certificate certificate() const;
  void write_pem(const std::filesystem::path& file) const;

 private:
  explicit Authority(Identity own) : own_(std::move(own)) {}
  Identity own_;
};

Identity self_signed(const std::string& names);

}  // namespace faxmail::test
