// SPDX-License-Identifier: Apache-2.0
// `faxmail config set`: rewrites FAXMAILC with a comment per key. The new file is proved before it replaces the old
// one, appears in one step and keeps mode and owner.
#pragma once
#include <string>
#include <vector>

#include "payloads/faxmail/config/config.hpp"
#include "payloads/faxmail/product/texts.hpp"

namespace faxmail {

/// The text of a configuration: every key of its level with its comment in the operator's language.
std::string render_config(const Config& config, const Capability& capability, const Texts& texts);

/// Applies KEY=VALUE (or preset=NAME, which stands for several keys) and writes the file. Throws Error
/// mail_config_set_unknown, mail_usage, or what Config::parse says about the values.
Config set_config(const Layout& layout, const Capability& capability, const Texts& texts,
                  const std::vector<std::string>& assignments);

}  // namespace faxmail
