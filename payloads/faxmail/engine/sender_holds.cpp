// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/sender_holds.hpp"

namespace faxmail {

bool SenderHolds::admit(const std::string& sender, std::int64_t now) {
  const auto found = held_.find(sender);
  if (found == held_.end()) return true;
  if (found->second.probing || now < found->second.until) return false;
  found->second.probing = true;
  return true;
}

void SenderHolds::probe_ended(const std::string& sender) {
  if (const auto found = held_.find(sender); found != held_.end()) found->second.probing = false;
}

bool SenderHolds::hold(const std::string& sender, std::int64_t until) {
  return held_.insert_or_assign(sender, Held{until, false}).second;
}

}  // namespace faxmail
