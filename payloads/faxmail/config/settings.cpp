// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/settings.hpp"

#include "payloads/faxmail/config/values.hpp"

namespace faxmail {

Settings settings_of(const Config& config, const Layout& layout) {
  const auto number = [&](const char* key) { return parse_number(config.get(key)).value_or(0); };
  Settings settings;
  if (const auto pauses = parse_minutes(config.get("retry"))) settings.retry = *pauses;
  settings.lifetime = std::chrono::hours(number("lifetime_hours"));
  settings.warn_after = std::chrono::hours(number("warn_hours"));
  settings.hold_uncertain = config.get("on_uncertain") == "*HOLD";
  settings.resend_after = std::chrono::minutes(number("uncertain_minutes"));
  // Releases before level 4 send an undecided mail again at once.
  if (config.level() < 4) settings.resend_after = std::chrono::seconds(0);
  settings.postmaster = config.get("postmaster");
  settings.keep_days = static_cast<int>(number("keep_days"));
  settings.trace.directory = layout.trace_directory();
  settings.trace.file_bytes = static_cast<std::uint64_t>(number("trace_kib")) * 1024;
  settings.trace.files = static_cast<int>(number("trace_files"));
  settings.trace.days = static_cast<int>(number("trace_days"));
  return settings;
}

}  // namespace faxmail
