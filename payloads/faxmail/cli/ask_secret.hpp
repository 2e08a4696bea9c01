// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "payloads/faxmail/config/secret.hpp"
#include "payloads/faxmail/product/texts.hpp"

namespace faxmail {

/// Asks twice at the terminal, without echo; without a terminal the first line of standard input. Throws Error
/// mail_secret_input: nothing, too long, two different answers, interrupted.
Secret ask_secret(const Texts& texts);

}  // namespace faxmail
