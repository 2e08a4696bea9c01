// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/settings.hpp"

namespace faxmail {

Settings settings_of(const Config& config, const Layout& layout) {
  Settings settings;
  // Releases before level 4 send an undecided mail again at once.
  if (config.level() < 4) settings.resend_after = std::chrono::seconds(0);
  settings.trace.directory = layout.data() / "trace";
  return settings;
}

}  // namespace faxmail
