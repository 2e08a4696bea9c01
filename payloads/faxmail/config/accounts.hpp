// SPDX-License-Identifier: Apache-2.0
// The accounts of FAXMAILC as the engine uses them.
#pragma once
#include <vector>

#include "payloads/faxmail/config/config.hpp"
#include "payloads/faxmail/smtp/account.hpp"

namespace faxmail {

/// The default account first. An engine starts also when nothing is configured yet: such an account is `incomplete`.
std::vector<Account> accounts_of(const Config& config, const Capability& capability);

}  // namespace faxmail
