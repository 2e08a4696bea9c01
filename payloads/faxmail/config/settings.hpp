// SPDX-License-Identifier: Apache-2.0
// What FAXMAILC says about the engine as a whole, whatever the account. Plain data, checked when it is made.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "payloads/faxmail/config/config.hpp"

namespace faxmail {

struct TraceLimits {
  std::filesystem::path directory;          // mode 0700
  std::uint64_t file_bytes = 256 * 1024;    // per trace file
  int files = 200;                          // the oldest go first
  int days = 14;
};

struct Settings {
  /// Pauses before the 2nd, 3rd … attempt of a mail; the last one repeats. Each is varied by +-20 %.
  std::vector<std::chrono::seconds> retry{std::chrono::minutes(1), std::chrono::minutes(5), std::chrono::minutes(15),
                                          std::chrono::minutes(30)};
  std::chrono::hours lifetime{96};      // then the mail fails, with a report
  std::chrono::seconds warn_after{std::chrono::hours(4)};  // the sender hears that it waits; 0: never
  /// What becomes of a mail whose final dot left without an answer: sent again after this time, or held.
  bool hold_uncertain = false;
  std::chrono::seconds resend_after{std::chrono::minutes(15)};
  std::string postmaster;               // gets reports that the sender cannot get; empty: nobody
  int keep_days = 30;                   // sent and failed mails stay in FAXKA; 0: for ever
  TraceLimits trace;
};

Settings settings_of(const Config& config, const Layout& layout);

}  // namespace faxmail
