// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/settings.hpp"

namespace faxmail {

Settings settings_of(const Config&, const Layout& layout) {
  Settings settings;
  settings.trace.directory = layout.data() / "trace";
  return settings;
}

}  // namespace faxmail
