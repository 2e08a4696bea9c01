// SPDX-License-Identifier: Apache-2.0
// The doctor's walk (decision D10): name → TCP → banner → TLS → EHLO → AUTH → MAIL FROM → RCPT → RSET, each step told
// as it is done, ending at the first trouble with the sentence of the rules. Nothing is sent unless one real mail to
// the sender itself is wished: some providers refuse a foreign sender only after the body.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "payloads/faxmail/doctor/rules.hpp"
#include "payloads/faxmail/smtp/account.hpp"
#include "payloads/faxmail/smtp/transcript.hpp"

namespace faxmail {

struct ExaminationStep {
  std::string name, detail;
  bool well = true;
  std::int64_t milliseconds = 0;
};

struct ExaminationWish {
  std::string sender;                                // of MAIL FROM; empty: the envelope is not tried
  std::string recipient;                             // of RCPT TO; empty: the sender
  bool send_to_self = false;                         // one real mail to the sender
  std::function<void(const ExaminationStep&)> told;  // each step as it is done
};

struct Examination {
  std::vector<ExaminationStep> steps;
  std::optional<Finding> trouble;
  std::optional<dfi::Error> error;  // if the trouble was no reply to an envelope
  std::optional<Advice> advice;
  Transcript dialogue;
  int exit_code = 0;  // sysexits: 75 wait, 77 login or rights, 78 configuration
};

Examination examine(const Account& account, const ExaminationWish& wish, const Rules& rules, dfi::Language language);

}  // namespace faxmail
