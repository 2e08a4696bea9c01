// SPDX-License-Identifier: Apache-2.0
// What an error says beside its message, as a German reader gets it.
#pragma once
#include <string>

#include "base/error.hpp"

namespace dfi::migrations {

inline std::string german(const Error& error) {
  std::string words;
  for (const auto& each : error.trail()) words += (words.empty() ? "" : "; ") + text(each, Language::german);
  return words;
}

}  // namespace dfi::migrations
