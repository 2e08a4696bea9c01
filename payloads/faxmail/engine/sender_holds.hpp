// SPDX-License-Identifier: Apache-2.0
// Sender addresses the server refuses to take mail from (no right to send as them): their mails wait, everybody else's
// go. One mail probes from time to time. Times are seconds since 1970.
#pragma once
#include <cstdint>
#include <map>
#include <string>

namespace faxmail {

class SenderHolds {
 public:
  /// May a mail of this sender be taken? While it is held: after the pause once, until held again or cleared.
  bool admit(const std::string& sender, std::int64_t now);
  /// A probe that ended without a verdict (its mail was given back) makes room for another.
  void probe_ended(const std::string& sender);
  /// True if this is news.
  bool hold(const std::string& sender, std::int64_t until);
  /// A mail of this sender went through. True if it had been held.
  bool clear(const std::string& sender) { return held_.erase(sender) > 0; }
  void clear_all() { held_.clear(); }
  bool empty() const { return held_.empty(); }

 private:
  struct Held {
    std::int64_t until;
    bool probing;
  };
  std::map<std::string, Held> held_;
};

}  // namespace faxmail
