// SPDX-License-Identifier: Apache-2.0
#include "tests/faxmail/certificates.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>

#include "base/error.hpp"

namespace faxmail::test {
namespace {

Key new_key() {
  const dfi::Handle<EVP_PKEY_CTX, ::EVP_PKEY_CTX_free> context(::EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  dfi::require(::EVP_PKEY_keygen_init(context.get()) == 1 &&
                   ::EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1) == 1 &&
                   ::EVP_PKEY_generate(context.get(), &key) == 1,
               "a key");
  return Key(key);
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context{};
  ::X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const dfi::Handle<X509_EXTENSION, ::X509_EXTENSION_free> extension(
      ::X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  dfi::require(extension && ::X509_add_ext(certificate, extension.get(), -1) == 1, "an extension");
}

Certificate unsigned_certificate(const std::string& name, EVP_PKEY* key, const Validity& validity = {}) {
  static std::atomic<long> serial = 1;
  Certificate certificate(::X509_new());
  auto* x509 = certificate.get();
  ::X509_set_version(x509, 2);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(x509), serial++);
  ::X509_gmtime_adj(::X509_getm_notBefore(x509), validity.from);
  ::X509_gmtime_adj(::X509_getm_notAfter(x509), validity.until);
  ::X509_set_pubkey(x509, key);
  ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

}  // namespace

Authority::Authority(const std::string& name) : own_{new_key(), nullptr} {
  own_.certificate = unsigned_certificate(name, own_.key.get());
  auto* x509 = own_.certificate.get();
  ::X509_set_issuer_name(x509, ::X509_get_subject_name(x509));
  add_extension(x509, x509, NID_basic_constraints, "critical,CA:TRUE");
  ::X509_sign(x509, own_.key.get(), ::EVP_sha256());
}

Authority Authority::intermediate(const std::string& name) const {
  Identity below{new_key(), nullptr};
  below.certificate = unsigned_certificate(name, below.key.get());
  auto* x509 = below.certificate.get();
  ::X509_set_issuer_name(x509, ::X509_get_subject_name(own_.certificate.get()));
  add_extension(x509, own_.certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  ::X509_sign(x509, own_.key.get(), ::EVP_sha256());
  return Authority(std::move(below));
}

Certificate Authority::certificate() const { return Certificate(::X509_dup(own_.certificate.get())); }

Identity Authority::issue(const std::string& names, const Validity& validity) const {
  Identity identity{new_key(), nullptr};
  identity.certificate = unsigned_certificate("server", identity.key.get(), validity);
  auto* x509 = identity.certificate.get();
  ::X509_set_issuer_name(x509, ::X509_get_subject_name(own_.certificate.get()));
  add_extension(x509, own_.certificate.get(), NID_subject_alt_name, names);
  ::X509_sign(x509, own_.key.get(), ::EVP_sha256());
  return identity;
}

Identity self_signed(const std::string& names) {
  Identity identity{new_key(), nullptr};
  identity.certificate = unsigned_certificate("server", identity.key.get());
  auto* x509 = identity.certificate.get();
  ::X509_set_issuer_name(x509, ::X509_get_subject_name(x509));
  add_extension(x509, x509, NID_subject_alt_name, names);
  ::X509_sign(x509, identity.key.get(), ::EVP_sha256());
  return identity;
}

void Authority::write_pem(const std::filesystem::path& file) const {
  const dfi::Handle<BIO, ::BIO_free_all> out(::BIO_new_file(file.c_str(), "w"));
  dfi::require(out && ::PEM_write_bio_X509(out.get(), own_.certificate.get()) == 1, "a PEM file");
}

}  // namespace faxmail::test
