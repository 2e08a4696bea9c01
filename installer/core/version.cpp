// SPDX-License-Identifier: Apache-2.0
#include "core/version.hpp"

#include <fmt/core.h>

#include <charconv>
#include <vector>

#include "base/error.hpp"
#include "messages/run.hpp"

namespace dfi {

Version Version::parse(std::string_view text, int ptf_level) {
  Version version;
  version.ptf = ptf_level;
  const char* const end = text.data() + text.size();
  auto [dot, error] = std::from_chars(text.data(), end, version.major);
  bool good = error == std::errc() && dot < end && *dot == '.' && end - dot >= 3;
  if (good) {
    auto [rest, error2] = std::from_chars(dot + 1, dot + 3, version.minor);
    good = error2 == std::errc() && rest == dot + 3;
    if (good && rest < end) {
      version.letter = *rest;
      good = rest + 1 == end && *rest >= 'a' && *rest <= 'z';
    }
  }
  if (!good) throw Error(msg::version_malformed, {{"version", std::string(text)}});
  return version;
}

std::string Version::to_string() const {
  auto text = fmt::format("{}.{:02}", major, minor);
  if (letter) text += letter;
  return text;
}

bool dotted_less(std::string_view a, std::string_view b) {
  auto numbers = [](std::string_view text) {
    std::vector<int> parts;
    while (!text.empty()) {
      int n = 0;
      std::from_chars(text.data(), text.data() + text.size(), n);
      parts.push_back(n);
      auto dot = text.find('.');
      text = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
    }
    return parts;
  };
  return numbers(a) < numbers(b);
}

}  // namespace dfi
