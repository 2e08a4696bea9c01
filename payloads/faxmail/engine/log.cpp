// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/log.hpp"

#include <cstdio>

#include "base/clock.hpp"

namespace faxmail {

void Log::write(const std::string& text) const {
  const std::lock_guard lock(mutex_);
  sink_(dfi::now_utc() + " " + text);
}

void Log::say(const std::string& key, const dfi::Args& args) const { write(texts_(key, args)); }

void Log::error(const dfi::Error& error) const {
  const auto& message = error.message();
  auto line = std::string(dfi::message_id(message.id)) + " " + dfi::text(message, language());
  for (const auto& more : {dfi::cause(message, language()), dfi::recovery(message, language())})
    if (!more.empty()) line += " " + more;
  write(line);
}

Log::Sink standard_output() {
  return [](const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
  };
}

}  // namespace faxmail
