// SPDX-License-Identifier: Apache-2.0
// What a reply means: whom it concerns and whether waiting can help (decision D5, mail study 3.4). The enhanced code
// (RFC 3463) decides before the basic one. Words of a reply are never looked at, with one exception that a large
// provider forces on us and that is named there.
#pragma once
#include <string_view>

#include "payloads/faxmail/smtp/delivery.hpp"
#include "payloads/faxmail/smtp/reply.hpp"

namespace faxmail {

struct Verdict {
  Scope scope;
  Outcome outcome;
};

/// `phase` is "MAIL FROM", "RCPT TO", "DATA" or "final dot".
Verdict judge(std::string_view phase, const Reply& reply);

/// True if the server wants a login which this session does not have (any more).
bool demands_login(const Reply& reply);

}  // namespace faxmail
