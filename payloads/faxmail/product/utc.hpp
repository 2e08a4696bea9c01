// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

namespace faxmail {

/// Seconds since 1970 as "2026-11-23T04:05:06", UTC; sorts as text.
std::string utc_text(std::int64_t seconds);
/// The same without "-" and ":", for file names and old data files.
std::string compact_utc(std::string time);

}  // namespace faxmail
