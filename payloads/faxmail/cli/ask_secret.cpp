// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/cli/ask_secret.hpp"

#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "base/error.hpp"
#include "messages/mail.hpp"

namespace faxmail {
namespace {

constexpr char interrupt = 3, end_of_input = 4;

[[noreturn]] void refuse(const std::string& reason) {
  throw dfi::Error(dfi::msg::mail_secret_input, {{"reason", reason}});
}

/// The terminal without echo. Signals of keys are off too: an interrupt must not leave it silent.
class SilentTerminal {
 public:
  SilentTerminal() {
    ::tcgetattr(STDIN_FILENO, &before_);
    auto silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;
  ~SilentTerminal() {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::cerr << '\n';
  }

 private:
  termios before_{};
};

/// Byte by byte, past no buffer that would keep it.
Secret read_line() {
  std::string line;
  line.reserve(secret_limit(SecretShape::line) + 2);
  for (char c = 0; line.size() <= secret_limit(SecretShape::line) && ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n';) {
    if (c == interrupt || c == end_of_input) {
      wipe(line);
      refuse("-");
    }
    line += c;
  }
  const auto reason = shape_secret(line, SecretShape::line);
  Secret secret(line);
  wipe(line);
  if (reason) refuse(*reason);
  return secret;
}

Secret ask(const Texts& texts, const char* question) {
  std::cerr << texts(question) << std::flush;
  const SilentTerminal silent;
  return read_line();
}

}  // namespace

Secret ask_secret(const Texts& texts) {
  if (!::isatty(STDIN_FILENO)) return read_line();
  auto secret = ask(texts, "config.ask_secret");
  if (ask(texts, "config.ask_again").value() != secret.value()) refuse("1 ≠ 2");
  return secret;
}

}  // namespace faxmail
