// SPDX-License-Identifier: Apache-2.0
// The second half of the dialogue: mails.
#include "payloads/faxmail/smtp/session.hpp"

#include <fmt/core.h>

#include "messages/mail.hpp"
#include "payloads/faxmail/smtp/verdict.hpp"

namespace faxmail {
namespace {

constexpr std::size_t block_size = 64 * 1024;
/// Less than this travels with the final dot: a packet of its own would cost more than it saves.
constexpr std::size_t worth_a_packet = 4 * 1024;

bool pipelines(const Session& session) { return session.offers("PIPELINING"); }

}  // namespace

Delivery Session::send(const Outgoing& mail, const Outgoing* next, const std::function<void()>& before_dot) {
  connection_.interruptible(false);
  transcript_ = mail.transcript;
  const bool lockstep = !pipelines(*this);
  if (!flight_) {
    flight_ = prepare(mail);
    if (!flight_->refused && !lockstep) {
      connection_.begin_phase("MAIL FROM", account_.timeouts.envelope);
      require_in_step();
      connection_.write(commands(*flight_));
    }
  }
  dfi::require(flight_->mail == &mail, "the mail whose envelope travels is the next one");
  auto flight = std::move(*flight_);
  flight_.reset();
  if (!flight.refused) {
    progress_ = Progress::envelope;
    Reply data;
    const auto taken = hear_envelope(flight, lockstep, data);
    if (data.code == 354 && taken.empty()) refuse_empty_transfer();
    if (!taken.empty()) {
      transfer(mail, next, before_dot);
      const auto reply = receive();
      require_account("final dot", reply);
      if (reply.code / 100 == 3) refused(reply);
      open_transaction_ = false;
      const auto verdict = judge("final dot", reply);
      for (const auto index : taken)
        flight.delivery[index] = {flight.delivery[index].address, verdict.outcome, reply.code, reply.text(),
                                  verdict.scope, true};
    }
  }
  progress_ = Progress::none;
  transcript_ = nullptr;
  ++mails_;
  return flight.delivery;
}

/// The server wants a body although it took no recipient (RFC 2920 3.1): an empty one, whose reply means nothing.
void Session::refuse_empty_transfer() {
  connection_.begin_phase("final dot", account_.timeouts.dot);
  require_in_step();
  write_line(".");
  receive();
  open_transaction_ = false;
}

/// The body and the final dot, which may leave together with the last block: whoever has committed before_dot() must
/// count with the dot anyway.
void Session::transfer(const Outgoing& mail, const Outgoing* next, const std::function<void()>& before_dot) {
  progress_ = Progress::body;
  require_in_step();
  if (transcript_) transcript_->fact(fmt::format("body of {} bytes", mail.body.size()));
  DotStuffer stuffer;
  std::string block;
  mail.body.read([&](std::string_view bytes) {
    if (block.size() >= block_size) {
      connection_.begin_phase("DATA", account_.timeouts.block);
      connection_.write(block);
      block.clear();
    }
    stuffer.add(bytes, block);
  });
  stuffer.finish(block);
  if (block.size() >= worth_a_packet) {  // the server reads it while before_dot() waits for the disk
    connection_.begin_phase("DATA", account_.timeouts.block);
    connection_.write(block);
    block.clear();
  }
  before_dot();
  progress_ = Progress::dot;
  if (transcript_) transcript_->sent(".");
  write_dot_and(next, block);
}

void Session::write_dot_and(const Outgoing* next, std::string& block) {
  block += ".\r\n";
  if (next && pipelines(*this)) {
    open_transaction_ = false;
    flight_ = prepare(*next);
    if (!flight_->refused) block += commands(*flight_);
  }
  connection_.begin_phase("final dot", account_.timeouts.dot);
  connection_.write(block);
}

std::vector<std::pair<std::string, Reply>> Session::probe(const std::string& from, const std::string& to) {
  std::vector<std::pair<std::string, Reply>> replies;
  auto ask = [&](const char* phase, const std::string& line) {
    replies.emplace_back(phase, command(line, phase, account_.timeouts.envelope));
    return replies.back().second.positive();
  };
  if (ask("MAIL FROM", "MAIL FROM:<" + from + ">") && !to.empty()) ask("RCPT TO", "RCPT TO:<" + to + ">");
  ask("RSET", "RSET");
  return replies;
}

void Session::quit() noexcept {
  if (flight_) return;  // the server waits for a body: closing is the only word it cannot misunderstand
  try {
    command("QUIT", "QUIT", account_.timeouts.quit);
  } catch (const dfi::Error&) {
    // The server is gone already.
  }
}

}  // namespace faxmail
