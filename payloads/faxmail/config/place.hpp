// SPDX-License-Identifier: Apache-2.0
// Where a value of the configuration stands, for messages: internal to config/.
#pragma once
#include <map>
#include <string>

#include "payloads/faxmail/config/config.hpp"

namespace faxmail {

struct Place {
  fs::path file;
  std::map<std::string, std::string> lines;  // "user", "account.NAME.user" → line

  std::string line(const std::string& key) const;
};

[[noreturn]] void refuse_value(const Place& place, const Capability& capability, const std::string& key,
                               const std::string& value, const std::string& allowed);
[[noreturn]] void refuse_key(const Place& place, const std::vector<std::string>& known, const std::string& key,
                             const std::string& line);

/// What values may be, alone and beside each other. Throws mail_config_value, _conflict or _open_login.
void require_rules(const Config& config, const Place& place, const Capability& capability);

}  // namespace faxmail
