// SPDX-License-Identifier: Apache-2.0
// What a person wants to know of a certificate.
#pragma once
#include <string>
#include <vector>

// Types of OpenSSL, which no header of ours includes.
struct X509_name_st;
struct asn1_string_st;
struct x509_st;

namespace faxmail {

std::string name_text(const X509_name_st* name);
/// "2026-11-23T00:00:00Z", "?" if malformed.
std::string time_text(const asn1_string_st* time);
/// DNS names and IP addresses of subjectAltName.
std::vector<std::string> alternative_names(x509_st* certificate);
/// Lower-case hex.
std::string sha256_fingerprint(const x509_st* certificate);

}  // namespace faxmail
