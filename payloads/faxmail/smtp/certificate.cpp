// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/certificate.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "base/fd.hpp"
#include "payloads/faxmail/product/words.hpp"

namespace faxmail {
namespace {

void free_names(GENERAL_NAMES* names) { ::GENERAL_NAMES_free(names); }

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(::ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(::ASN1_STRING_length(string))};
}

}  // namespace

std::string name_text(const X509_NAME* name) {
  const dfi::Handle<BIO, ::BIO_free_all> out(::BIO_new(::BIO_s_mem()));
  ::X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE & ~static_cast<unsigned long>(XN_FLAG_SPC_EQ));
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

std::string time_text(const ASN1_TIME* time) {
  std::tm utc{};
  if (::ASN1_TIME_to_tm(time, &utc) != 1) return "?";
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::vector<std::string> alternative_names(X509* certificate) {
  const dfi::Handle<GENERAL_NAMES, free_names> names(
      static_cast<GENERAL_NAMES*>(::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> result;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) result.push_back(text_of(name->d.dNSName));
    if (name->type != GEN_IPADD) continue;
    const auto bytes = text_of(name->d.iPAddress);
    char address[INET6_ADDRSTRLEN] = "?";
    ::inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), address, sizeof address);
    result.emplace_back(address);
  }
  return result;
}

std::string sha256_fingerprint(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (::X509_digest(certificate, ::EVP_sha256(), digest, &size) != 1) return {};
  return hex({reinterpret_cast<const char*>(digest), size});
}

}  // namespace faxmail
