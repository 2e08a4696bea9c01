// SPDX-License-Identifier: Apache-2.0
// `faxmail doctor`, and what the hotline bundle shares with it.
#pragma once
#include <string>

#include "payloads/faxmail/cli/context.hpp"
#include "payloads/faxmail/config/config.hpp"
#include "payloads/faxmail/doctor/examination.hpp"

namespace faxmail {

struct DoctorOptions {
  std::string account, as, to;
  bool send_to_self = false;
};

/// One line per step, then what to do. Works while the gate is closed; sends nothing unless told to.
int doctor(const Context& context, const DoctorOptions& options);

/// Throws Error mail_usage naming the accounts there are.
Account account_named(const Config& config, const Capability& capability, const std::string& name);
/// Whose rights are tried: the wished sender, else default_sender, else the login if it is an address, else nobody's.
std::string sender_to_try(const Config& config, const Account& account, const std::string& wished);

}  // namespace faxmail
