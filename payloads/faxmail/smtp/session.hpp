// SPDX-License-Identifier: Apache-2.0
// The SMTP dialogue (RFC 5321, 3207, 4954): a session is opened once, through greeting, EHLO, STARTTLS and login, and
// then carries many mails, one at a time. Promises:
// - with ssl=*YES nothing but EHLO and STARTTLS ever leaves unencrypted, and nothing learned before TLS is kept;
// - with a login configured no mail leaves without it;
// - the caller is told before the final dot leaves: only from then on a mail may have been taken without our knowing.
// Trouble of network, server or account is thrown; what concerns one mail or recipient is a value.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "payloads/faxmail/smtp/account.hpp"
#include "payloads/faxmail/smtp/connection.hpp"
#include "payloads/faxmail/smtp/reply.hpp"

namespace faxmail {

struct Envelope {
  std::string from;
  std::vector<std::string> to;
};

enum class Outcome { sent, temporary, permanent };

struct RecipientResult {
  std::string address;
  Outcome outcome = Outcome::temporary;
  int code = 0;      // SMTP, 0 if the server said nothing
  std::string text;  // of the server
};
using Delivery = std::vector<RecipientResult>;

/// How far the mail in transfer came; kept after an error.
enum class Progress { none, envelope, body, dot };

/// Whom a thrown error concerns; nothing = it is no matter of the mail transport.
enum class Scope { server, account, stopping };
std::optional<Scope> scope_of(const dfi::Error& error);

class Session {
 public:
  /// Connects and logs in. Throws Error smtp_… or mail_secret_unsafe.
  static Session open(const Account& account, int interrupt_fd);

  /// Sends one mail; `before_dot` is called when everything but the final dot has left. After an exception the session
  /// must be thrown away. Not interruptible.
  Delivery send(const Envelope& envelope, std::string_view message, const std::function<void()>& before_dot);
  /// Says good-bye; errors do not matter any more.
  void quit() noexcept;

  /// Mails that got their final reply on this session.
  int mails() const { return mails_; }
  Progress progress() const { return progress_; }
  /// False if the server is about to close.
  bool usable() const { return usable_; }

 private:
  Session(Connection connection, const Account& account)
      : connection_(std::move(connection)), account_(account), timeouts_(account.timeouts) {}

  void greet();
  void hello();
  void encrypt();
  void login();
  Reply login_with(const std::string& mechanism);
  Reply receive();
  Reply command(const std::string& line, std::string_view phase, std::chrono::milliseconds timeout);
  Reply secret_line(std::string plain, const std::string& before = {});
  void learn(const Reply& reply);
  [[noreturn]] void refused(const Reply& reply) const;
  void require_login_was_enough(const Reply& reply);
  std::vector<std::size_t> offer_recipients(const Envelope& envelope, Delivery& delivery);
  Reply offer_mail(const std::string& from, std::size_t size);
  Reply transfer(std::string_view body, const std::function<void()>& before_dot);
  void forget_mail();

  Connection connection_;
  Account account_;
  Timeouts timeouts_;
  ReplyParser parser_;
  std::map<std::string, std::string> capabilities_;  // EHLO keyword → parameters, upper case
  int mails_ = 0;
  Progress progress_ = Progress::none;
  bool usable_ = true;
};

/// The message as it goes over the line: CRLF only, leading dots doubled, CRLF at the end, no final dot.
std::string dot_stuffed(std::string_view message);

}  // namespace faxmail
