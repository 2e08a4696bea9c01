// SPDX-License-Identifier: Apache-2.0
// The SMTP dialogue (RFC 5321, 3207, 4954, 2920): a session is opened once, through greeting, EHLO, STARTTLS and login,
// and then carries many mails. Promises:
// - with ssl=*YES nothing but EHLO and STARTTLS ever leaves unencrypted, and nothing learned before TLS is kept;
// - with a login configured no mail leaves without it;
// - the caller is told before the final dot leaves: only from then on a mail may have been taken without our knowing,
//   and never more than one mail of a session is in that state (decision D3).
// Trouble of network, server or account is thrown; what concerns one mail, recipient or sender is a value.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "payloads/faxmail/smtp/connection.hpp"
#include "payloads/faxmail/smtp/delivery.hpp"
#include "payloads/faxmail/smtp/reply.hpp"
#include "payloads/faxmail/smtp/transcript.hpp"

namespace faxmail {

/// How far the mail in transfer came; kept after an error.
enum class Progress { none, envelope, body, dot };

/// Whom a thrown error concerns; nothing = it is no matter of the mail transport (a full disk).
std::optional<Scope> scope_of(const dfi::Error& error);

struct SessionHooks {
  int interrupt_fd = -1;             // readable = stop waiting; not while a mail is in transfer
  Transcript* transcript = nullptr;  // gets the opening
  /// Called after each step of the opening that went well: "connect", "greeting", "TLS", "EHLO", "AUTH", with a
  /// technical detail (address, banner, protocol, capabilities, mechanism).
  std::function<void(std::string_view step, const std::string& detail)> step;
};

class Session {
 public:
  /// Connects and logs in. Throws Error smtp_…, mail_secret_… or oauth_….
  static Session open(const Account& account, const SessionHooks& hooks = {});

  /// Sends one mail; `before_dot` is called before the final dot leaves. With `next` its envelope travels with that dot
  /// if the server pipelines; `next` must stay where it is and be the mail of the next call, or no call follows. After
  /// an exception the session must be thrown away. Not interruptible.
  Delivery send(const Outgoing& mail, const Outgoing* next, const std::function<void()>& before_dot);
  /// MAIL FROM, RCPT TO and RSET without a mail: phase and reply of each that was tried. Sends nothing else.
  std::vector<std::pair<std::string, Reply>> probe(const std::string& from, const std::string& to);
  /// Says good-bye; errors do not matter any more.
  void quit() noexcept;

  /// Mails that got their final reply on this session.
  int mails() const { return mails_; }
  Progress progress() const { return progress_; }
  /// False if the server is about to close.
  bool usable() const { return usable_; }
  bool offers(const std::string& capability) const { return capabilities_.count(capability) != 0; }
  const Connection& connection() const { return connection_; }
  /// One line of facts about this connection, for traces: address, TLS, certificate.
  std::string facts() const;

 private:
  /// A mail whose envelope has been written; its replies have not been read yet.
  struct Flight {
    const Outgoing* mail = nullptr;
    Delivery delivery;                  // what we know without the server: addresses that cannot be sent to
    std::vector<std::size_t> offered;   // indexes into delivery, in the order of the RCPT commands
    bool reset = false;                 // a RSET went before
    bool refused = false;               // we refused the whole mail: nothing was written
  };

  Session(Connection connection, const Account& account, const SessionHooks& hooks)
      : connection_(std::move(connection)), account_(account), hooks_(hooks), transcript_(hooks.transcript) {}

  // session_open.cpp
  void greet();
  void doubt_the_port();
  void hello();
  void encrypt();
  void secure();
  void learn(const Reply& reply);
  void report(std::string_view step, const std::string& detail);

  // login.cpp
  void login();
  Reply login_with(const std::string& mechanism);
  void write_secret(const std::string& before, std::optional<std::string> plain);
  [[noreturn]] void login_refused(const std::string& mechanism, const Reply& reply) const;

  // dialogue.cpp
  Reply receive();
  Reply command(const std::string& line, std::string_view phase, std::chrono::milliseconds timeout);
  void write_line(const std::string& line);
  void require_in_step() const;
  [[noreturn]] void refused(const Reply& reply) const;
  void require_account(std::string_view phase, const Reply& reply);

  // envelope.cpp
  Flight prepare(const Outgoing& mail);
  static void refuse(Flight& flight, int code, const std::string& text);
  std::string mail_command(const Outgoing& mail) const;
  std::string recipient_command(const Outgoing& mail, const std::string& address) const;
  std::string commands(const Flight& flight) const;
  void confirm_step();
  std::vector<std::size_t> hear_envelope(Flight& flight, bool lockstep, Reply& data);

  // session.cpp
  void transfer(const Outgoing& mail, const Outgoing* next, const std::function<void()>& before_dot);
  void write_dot_and(const Outgoing* next, std::string& block);
  void refuse_empty_transfer();

  Connection connection_;
  Account account_;
  SessionHooks hooks_;
  Transcript* transcript_;
  Redactor redactor_;
  ReplyParser parser_;
  std::map<std::string, std::string> capabilities_;  // EHLO keyword → parameters, upper case
  std::optional<Flight> flight_;
  int mails_ = 0;
  Progress progress_ = Progress::none;
  bool usable_ = true, open_transaction_ = false;
};

}  // namespace faxmail
