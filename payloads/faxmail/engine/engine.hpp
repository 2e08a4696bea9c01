// SPDX-License-Identifier: Apache-2.0
// The loop of faxmaild: takes due mails from FAXKA, hands them over on one connection, stores what became of each
// recipient. Promises: no accepted mail is lost; a mail is handed over twice only if connection or machine died between
// the final dot and its answer, and then with the same Message-ID; trouble that is not a mail's fault fails no mail.
#pragma once
#include <optional>

#include "payloads/faxmail/config/config.hpp"
#include "payloads/faxmail/engine/log.hpp"
#include "payloads/faxmail/engine/pauses.hpp"
#include "payloads/faxmail/engine/stop.hpp"
#include "payloads/faxmail/queue/queue.hpp"
#include "payloads/faxmail/queue/results.hpp"
#include "payloads/faxmail/smtp/session.hpp"

namespace faxmail {

class Engine {
 public:
  Engine(const Layout& layout, const Capability& capability, Config config, const Stop& stop, const Log& log,
         std::optional<Timeouts> timeouts = {});

  /// Puts in order what a crash left: active → queued; dot → by the results, else sent again.
  void recover();
  /// Works until the stop is wished; a mail in transfer is finished first.
  void run();

 private:
  bool connect();
  void deliver(const QueuedMail& mail);
  void broken_off(const QueuedMail& mail, const dfi::Error& error);
  void store(const QueuedMail& mail, Delivery delivery, std::chrono::seconds pause);
  void pause(std::chrono::seconds time);
  void idle();
  void close();

  Capability capability_;
  Config config_;
  Queue queue_;
  Results results_;
  const Stop& stop_;
  const Log& log_;
  std::optional<Timeouts> timeouts_;
  LoopPause loop_pause_;
  std::optional<Session> session_;
  std::int64_t last_used_ms_ = 0;
};

}  // namespace faxmail
