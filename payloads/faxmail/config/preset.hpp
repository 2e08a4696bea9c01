// SPDX-License-Identifier: Apache-2.0
// Product objects share/presets/<name>.toml: the keys for a provider, the day they were right, and what an operator
// must know beside them. Which presets a release has stands in its capability object; a PTF can replace or add one.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "payloads/faxmail/product/capability.hpp"
#include "payloads/faxmail/product/layout.hpp"
#include "payloads/faxmail/product/texts.hpp"

namespace faxmail {

struct Preset {
  std::string name;
  std::string as_of;  // "2026-11-23"
  std::string notes;  // in the language asked for
  std::vector<std::pair<std::string, std::string>> keys;

  /// Throws Error mail_preset_unknown (not in this release), mail_preset_missing or toml_malformed.
  static Preset read(const Layout& layout, const Capability& capability, const std::string& name,
                     dfi::Language language);
};

}  // namespace faxmail
