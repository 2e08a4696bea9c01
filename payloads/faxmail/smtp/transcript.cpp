// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/transcript.hpp"

#include <fmt/core.h>

#include "base/clock.hpp"

namespace faxmail {
void Transcript::received(const Reply& reply) {
  for (std::size_t i = 0; i < reply.lines.size(); ++i)
    add('S', fmt::format("{:03}{}{}", reply.code, i + 1 < reply.lines.size() ? '-' : ' ', reply.lines[i]));
}

void Transcript::append(const Transcript& other) {
  if (text_.size() + other.text_.size() <= limit_) text_ += other.text_;
}

void Transcript::add(char who, std::string_view text) {
  constexpr std::string_view cut = "… cut: the trace has reached its size limit\n";
  if (text_.size() >= limit_) return;
  text_ += fmt::format("{} {}: ", dfi::now_utc(), who);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    // Bytes above 127 too: a server's text need not be UTF-8, and a trace must be readable everywhere.
    if (byte < 0x20 || byte >= 0x7f)
      text_ += fmt::format("\\x{:02x}", byte);
    else
      text_ += c;
  }
  text_ += '\n';
  if (text_.size() >= limit_) text_ += cut;
}

}  // namespace faxmail
