// SPDX-License-Identifier: Apache-2.0
// The engine of faxmaild. One thread (run()) owns FAXKA and FAXSTAT and decides; a thread per connection carries mails
// (sender.hpp); they meet in lanes.hpp. Promises: no accepted mail is lost; a mail is handed over twice only if
// connection or machine died between the final dot and its answer, at most one per connection, and then with the same
// Message-ID; trouble that is not a mail's fault fails no mail.
#pragma once
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "payloads/faxmail/config/config.hpp"
#include "payloads/faxmail/config/settings.hpp"
#include "payloads/faxmail/engine/lanes.hpp"
#include "payloads/faxmail/engine/log.hpp"
#include "payloads/faxmail/engine/refusals.hpp"
#include "payloads/faxmail/engine/reports.hpp"
#include "payloads/faxmail/engine/sender_holds.hpp"
#include "payloads/faxmail/engine/stop.hpp"
#include "payloads/faxmail/engine/tracer.hpp"
#include "payloads/faxmail/engine/watcher.hpp"
#include "payloads/faxmail/queue/ledger.hpp"

namespace faxmail {

class Engine {
 public:
  /// Throws Error mail_config_incomplete, or what opening the data files says.
  Engine(const Layout& layout, const Capability& capability, std::vector<Account> accounts, Settings settings,
         const Stop& stop, const Log& log);

  /// Puts in order what a crash left: active → queued; dot → by the results, else sent again or held.
  void recover();
  /// Works until the stop is wished; mails in transfer are finished first.
  void run();

 private:
  // engine.cpp
  void bound_waits();
  void forget_notes();
  void serve();
  void give_up(const dfi::Error& failure) const;
  void round(std::int64_t timeout_ms);
  void wait(std::int64_t timeout_ms) const;
  void lease();
  std::int64_t look_again();

  // settle.cpp: what an event means for its mail and its account
  void settle(const Event& event);
  void delivered(const Event& event);
  void broken(const Event& event);
  void damaged(const Event& event);
  void given_back(const Event& event);
  void hold_sender(const Event& event);
  void trouble(std::size_t lane, Scope scope, const dfi::Error& error);
  void success(std::size_t lane);
  void store(const Event& event, Delivery delivery, std::chrono::seconds pause, std::string reason, bool held);
  bool too_old(const QueuedMail& mail) const;
  void put_back(const QueuedMail& mail, std::int64_t next, const std::string& reason);
  void withdraw(std::size_t lane, const std::string& sender, std::int64_t next, const std::string& reason);

  // housekeeping.cpp: what happens beside the traffic
  void housekeeping();
  void read_notes();
  void watch_clock();
  void watch_trace_flag();
  void tidy();

  const Layout layout_;
  const Capability capability_;
  const Settings settings_;
  const Stop& stop_;
  const Log& log_;
  Ledger ledger_;
  Lanes lanes_;
  Tracer tracer_;
  Reports reports_;
  Watcher watcher_;
  SenderHolds holds_;
  std::vector<Refusals> refusals_;  // per lane
  std::vector<int> lost_logins_;    // per lane: connections that ended in AUTH, in a row
  std::vector<bool> ramps_;         // per lane: a long outage is over with the next success
  std::map<std::string, std::string> notes_;
  std::size_t looks_left_ = 0;  // soon: somebody was writing to FAXKA
  bool suspended_ = false;      // by an operator: pause or drain
  bool look_at_queue_ = true;   // something may be due that has not been leased
  std::int64_t trace_flag_seen_ = -1, next_tick_ = 0, next_tidy_ = 0, clock_offset_ = 0;
};

}  // namespace faxmail
