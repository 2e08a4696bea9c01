// SPDX-License-Identifier: Apache-2.0
// What is allowed but should be known: said by config check, config set, status and by the engine when it starts.
#pragma once
#include <cstdint>
#include <vector>

#include "base/message.hpp"
#include "payloads/faxmail/config/config.hpp"
#include "payloads/faxmail/product/texts.hpp"

namespace faxmail {

struct ConfigWarning {
  std::string text;  // key of the text, "warning.open_login"
  dfi::Args args;
};

/// How many days before its end a client secret is warned about.
constexpr std::int64_t expiry_warning_days = 30;

/// `today` in days since 1970-01-01 (UTC).
std::vector<ConfigWarning> config_warnings(const Config& config, std::int64_t today);
/// The warnings of today in the language of the texts.
std::vector<std::string> warning_texts(const Config& config, const Texts& texts);

}  // namespace faxmail
