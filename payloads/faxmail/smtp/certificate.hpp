// SPDX-License-Identifier: Apache-2.0
// What a person wants to know of a certificate.
#pragma once
#include <openssl/x509.h>

#include <string>
#include <vector>

namespace faxmail {

std::string name_text(const X509_NAME* name);
/// "2026-11-23T00:00:00Z", "?" if malformed.
std::string time_text(const ASN1_TIME* time);
/// DNS names and IP addresses of subjectAltName.
std::vector<std::string> alternative_names(X509* certificate);
/// Lower-case hex.
std::string sha256_fingerprint(const X509* certificate);

}  // namespace faxmail
