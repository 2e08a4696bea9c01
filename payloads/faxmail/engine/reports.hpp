// SPDX-License-Identifier: Apache-2.0
// Reports to senders: what failed for good, what waits for long (RFC 3464). At most one an hour for each sender, which
// then names all mails of that hour; a report about a report goes to the postmaster, one about that to nobody.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "payloads/faxmail/config/settings.hpp"
#include "payloads/faxmail/engine/log.hpp"
#include "payloads/faxmail/product/capability.hpp"
#include "payloads/faxmail/queue/unreported.hpp"

namespace faxmail {

class Reports {
 public:
  Reports(const Layout& layout, const Capability& capability, const Settings& settings, const Log& log)
      : layout_(layout), capability_(capability), settings_(settings), log_(log) {}

  /// A mail has failed: the next run() looks.
  void expect_work() { next_ = 0; }
  /// Puts the reports that are due into FAXKA. Cheap if there is nothing to do. No transaction of the caller may be
  /// open. `now` in seconds since 1970.
  void run(std::int64_t now);

 private:
  void tell(const std::vector<UnreportedMail>& mails, std::int64_t now);
  std::string recipient_for(const std::vector<UnreportedMail>& mails) const;

  const Layout& layout_;
  const Capability& capability_;
  const Settings& settings_;
  const Log& log_;
  std::int64_t next_ = 0;
};

}  // namespace faxmail
