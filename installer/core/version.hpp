// SPDX-License-Identifier: Apache-2.0
// Versions of products: "5.92", "5.35f", "6.06 PTF 08" (features 55, 132).
#pragma once
#include <compare>
#include <string>
#include <string_view>

namespace dfi {

/// Major and two-digit minor with an optional letter: 5.91 < 5.91a < 5.92. Ordered.
struct Version {
  int major = 0, minor = 0;
  char letter = 0;
  int ptf = 0;  // two-digit level of cumulative PTFs

  /// Throws Error version_malformed.
  static Version parse(std::string_view text, int ptf_level = 0);
  std::string to_string() const;  // without PTF level
  auto operator<=>(const Version&) const = default;
};

/// Dotted numbers of any length, as dfinstall's own version: "1.0.10" > "1.0.9".
bool dotted_less(std::string_view a, std::string_view b);

}  // namespace dfi
