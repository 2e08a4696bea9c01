// SPDX-License-Identifier: Apache-2.0
#include "cli/watch.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "core/run.hpp"
#include "messages/system.hpp"

namespace dfi::cli {
namespace {

constexpr int seconds = 2;
constexpr auto clear_screen = "\x1b[H\x1b[2J";

/// The terminal hands over single keys while this lives.
class Keys {
 public:
  Keys() {
    ::tcgetattr(STDIN_FILENO, &before_);
    auto single = before_;
    single.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &single);
  }
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;
  ~Keys() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }

  /// True if a key or a signal came in this time.
  bool pressed_within(int milliseconds) {
    pollfd in{STDIN_FILENO, POLLIN, 0};
    return ::poll(&in, 1, milliseconds) != 0 || interrupted_by != 0;
  }

 private:
  termios before_{};
};

}  // namespace

bool may_watch(const Context& context) {
  return context.options.watch && !context.options.json && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

Findings watch(const Context& context, const std::function<Findings()>& look) {
  Keys keys;
  for (;;) {
    auto findings = look();
    context.line(clear_screen +
                 context.say(msg::watch_head, {{"time", now_utc()}, {"seconds", std::to_string(seconds)}}));
    context.print(findings);
    if (!blocks(findings) || keys.pressed_within(seconds * 1000)) {
      interrupted_by = 0;  // Ctrl-C ended the page, nothing else
      context.line(clear_screen);
      return findings;
    }
  }
}

}  // namespace dfi::cli
