// SPDX-License-Identifier: Apache-2.0
// The record of a dialogue for a trace: one line per event with its time, bounded in size. Secrets never get in: the
// session masks them by state (everything between AUTH and its last reply) and by value (Redactor).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/redactor.hpp"
#include "payloads/faxmail/smtp/reply.hpp"

namespace faxmail {

using dfi::Redactor;

class Transcript {
 public:
  explicit Transcript(std::size_t limit = 256 * 1024) : limit_(limit) {}

  void sent(std::string_view line) { add('C', line); }
  void received(const Reply& reply);
  /// What is no line of the dialogue: addresses, TLS, time-outs.
  void fact(std::string_view text) { add('*', text); }
  /// The opening of a connection, recorded before.
  void append(const Transcript& other);

  const std::string& text() const { return text_; }
  void clear() { text_.clear(); }

 private:
  void add(char who, std::string_view text);
  std::size_t limit_;
  std::string text_;
};

}  // namespace faxmail
