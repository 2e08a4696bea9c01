// SPDX-License-Identifier: Apache-2.0
// SCRAM-SHA-256 without channel binding (RFC 5802, 7677): the password never crosses the line, and the server proves
// that it knows it too.
#pragma once
#include <memory>
#include <string>

#include "payloads/faxmail/smtp/sasl.hpp"

namespace faxmail {

/// `nonce`: empty = 18 random bytes; given for the test vectors of RFC 7677 only.
std::unique_ptr<Sasl> make_scram(const std::string& user, Secret password, std::string nonce = {});

}  // namespace faxmail
