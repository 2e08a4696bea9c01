// SPDX-License-Identifier: Apache-2.0
// Progress for people, on stderr. On a terminal a bar that redraws itself at most ten times a second; in a pipe one
// line at each step, never a control character.
#pragma once
#include <cstdint>

#include "core/reporter.hpp"

namespace dfi::cli {

class TerminalReporter : public Reporter {
 public:
  /// `quiet`: only warnings (with --json the facts are in the document and the journal).
  TerminalReporter(Language language, bool quiet);
  ~TerminalReporter() override;
  void step(std::size_t number, std::size_t total, Msg title) override;
  void reverting(Msg title) override;
  void item(const std::string& name) override;
  void say(const std::string& level, const Message& message) override;
  void progress(std::uint64_t done, std::uint64_t total) override;

  /// Before something else is printed.
  void clear_bar();

 private:
  Language language_;
  bool quiet_, terminal_, bar_ = false;
  std::int64_t last_draw_ = 0;
};

}  // namespace dfi::cli
