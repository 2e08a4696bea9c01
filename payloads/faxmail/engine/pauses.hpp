// SPDX-License-Identifier: Apache-2.0
// How long the engine waits after what. A mail that is tried again has its own growing pause; trouble of the network,
// the server or the account pauses the account (breaker.hpp) and costs no mail an attempt.
#pragma once
#include <chrono>
#include <cstdint>
#include <vector>

namespace faxmail {

/// Before the next attempt of a mail that was answered with "not now", after `tries` attempts, varied by ±20 % so that
/// mails refused together do not come back together; from the hour on doubling up to 4 h.
std::chrono::seconds retry_pause(const std::vector<std::chrono::seconds>& ladder, std::int64_t tries);
/// For a mail during whose transfer the connection broke: soon at first, it was nobody's verdict.
std::chrono::seconds broken_pause(std::int64_t tries);

/// Pauses of an account after `failures` failures in a row.
std::chrono::seconds server_pause(std::int64_t failures);
std::chrono::seconds account_pause(std::int64_t failures);
/// No pause of a mail is longer than this, unless FAXMAILC says so (uncertain_minutes).
constexpr std::chrono::hours longest_pause{5};
/// Between two attempts to send as a sender whom the server refuses.
constexpr std::chrono::minutes sender_pause{30};
/// After an outage of this length an account starts slowly (Pacer::begin_ramp).
constexpr std::chrono::minutes long_outage{30};

}  // namespace faxmail
