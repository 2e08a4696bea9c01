// SPDX-License-Identifier: Apache-2.0
// The rule against wrong verdicts: mail after mail refused in the same words is not the mails' fault. A row of refusals
// therefore fails three mails at most; the next one makes the account wait.
#pragma once
#include <string>

#include "payloads/faxmail/smtp/delivery.hpp"

namespace faxmail {

class Refusals {
 public:
  /// True if this delivery continues a row of three: it should be taken as a matter of the account. Refusals of
  /// addresses and mailboxes (5.1.x, 5.2.x) and our own verdicts never count.
  bool suspicious(const Delivery& delivery);

 private:
  std::string last_;
  int row_ = 0;
};

}  // namespace faxmail
