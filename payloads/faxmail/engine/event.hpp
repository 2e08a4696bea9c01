// SPDX-License-Identifier: Apache-2.0
// What the senders tell the engine.
#pragma once
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "payloads/faxmail/queue/entry.hpp"
#include "payloads/faxmail/smtp/session.hpp"

namespace faxmail {

using MailPointer = std::shared_ptr<QueuedMail>;

struct Event {
  enum class Kind {
    dot,        // the final dot wants to leave: answered when that is on disk
    delivered,  // the server has answered
    broken,     // `error` ended the session while this mail was in transfer
    given_back  // nothing was said about this mail; with `error`: no session could be opened
  };
  Kind kind = Kind::given_back;
  std::size_t lane = 0;
  MailPointer mail;
  Delivery delivery{};
  Progress progress = Progress::none;
  std::optional<dfi::Error> error{};
};

}  // namespace faxmail
