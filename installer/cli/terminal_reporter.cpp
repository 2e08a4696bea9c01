// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal_reporter.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <iostream>

#include "base/clock.hpp"
#include "messages/cli.hpp"

namespace dfi::cli {

TerminalReporter::TerminalReporter(Language language, bool quiet) : language_(language), quiet_(quiet) {
  const char* term = std::getenv("TERM");
  terminal_ = ::isatty(STDERR_FILENO) == 1 && term && std::strcmp(term, "dumb") != 0;
}

TerminalReporter::~TerminalReporter() { clear_bar(); }

void TerminalReporter::clear_bar() {
  if (bar_) std::cerr << "\r\033[K" << std::flush;
  bar_ = false;
}

void TerminalReporter::step(std::size_t number, std::size_t total, Msg title) {
  if (quiet_) return;
  clear_bar();
  std::cerr << fmt::format("[{}/{}] ", number, total) << text({title, {}}, language_) << '\n';
}

void TerminalReporter::reverting(Msg title) {
  if (quiet_) return;
  clear_bar();
  std::cerr << text({msg::taking_back, {{"step", text({title, {}}, language_)}}}, language_) << '\n';
}

void TerminalReporter::item(const std::string& name) {
  if (quiet_) return;
  clear_bar();
  std::cerr << "      " << name << '\n';
}

void TerminalReporter::say(const std::string& level, const Message& message) {
  if (quiet_ && level == "info") return;
  clear_bar();
  std::cerr << (level == "warning" ? "    ! " : "      ") << message_id(message.id) << ' ' << text(message, language_)
            << '\n';
}

void TerminalReporter::progress(std::uint64_t done, std::uint64_t total) {
  if (quiet_ || !terminal_) return;
  const auto now = monotonic_ms();
  if (now - last_draw_ < 100 && done != total) return;
  last_draw_ = now;
  bar_ = true;
  const auto mib = static_cast<double>(done) / (1 << 20);
  if (total == 0) {
    std::cerr << fmt::format("\r      {:8.1f} MiB", mib) << std::flush;
    return;
  }
  const std::size_t filled = done * 30 / total;
  std::cerr << fmt::format("\r      [{:<30}] {:3}% {:8.1f} MiB", std::string(filled, '#'), done * 100 / total, mib)
            << std::flush;
}

}  // namespace dfi::cli
