// SPDX-License-Identifier: Apache-2.0
// One connection of an account, in a thread of its own: takes mails from its lane, hands them over, tells the engine.
// A stuck server thus holds up nobody but this connection.
#pragma once
#include <optional>

#include "payloads/faxmail/engine/lanes.hpp"
#include "payloads/faxmail/engine/log.hpp"
#include "payloads/faxmail/engine/tracer.hpp"

namespace faxmail {

class Sender {
 public:
  /// `interrupt_fd` readable = stop connecting and waiting; a mail in transfer is finished.
  Sender(Lanes& lanes, std::size_t lane, int number, Tracer& tracer, const Log& log, int interrupt_fd)
      : lanes_(lanes), lane_(lane), number_(number), tracer_(tracer), log_(log), interrupt_fd_(interrupt_fd) {}

  /// Returns when the lanes stop.
  void run();

 private:
  const Account& account() const { return lanes_.accounts()[lane_]; }
  void serve(MailPointer mail);
  bool connect(const MailPointer& mail);
  MailPointer transfer(const MailPointer& mail);
  /// True if the same mail may be tried at once on a new connection.
  bool broken(const MailPointer& mail, const dfi::Error& error);
  bool reusable() const;
  void give_back(const MailPointer& mail, std::optional<dfi::Error> error = {});
  void close();

  Lanes& lanes_;
  const std::size_t lane_;
  const int number_;
  Tracer& tracer_;
  const Log& log_;
  const int interrupt_fd_;
  std::optional<Session> session_;
  std::int64_t opened_ms_ = 0;
  bool token_renewed_ = false;
};

}  // namespace faxmail
