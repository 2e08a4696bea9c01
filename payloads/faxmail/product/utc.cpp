// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/product/utc.hpp"

#include <algorithm>
#include <ctime>

namespace faxmail {

std::string utc_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc));
}

std::string compact_utc(std::string time) {
  time.erase(std::remove_if(time.begin(), time.end(), [](char c) { return c == '-' || c == ':'; }), time.end());
  return time;
}

}  // namespace faxmail
