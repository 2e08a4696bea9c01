// SPDX-License-Identifier: Apache-2.0
// Exact decimal numbers of up to 31 digits, and sums of any number of them.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dfi::records {

__extension__ typedef __int128 Int128;

constexpr int most_digits = 31;

struct Decimal {
  Int128 units = 0;
  int scale = 0;  // decimals: units / 10^scale
};

/// 10^exponent, 0 to 38.
Int128 power_of_ten(int exponent);

enum class Rounding : std::uint8_t { never, half_up, down };

/// `units` of `from` decimals as units of `to` decimals.
struct Rescaled {
  Int128 units = 0;
  bool lost = false;      // decimals other than zero would be lost and rounding is `never`
  bool overflow = false;  // more than 38 digits
};
Rescaled rescale(Int128 units, int from, int to, Rounding rounding);

/// "-1234.50", always with `scale` decimals and a digit before the point.
struct DecimalText {
  std::array<char, 48> bytes;
  std::size_t length = 0;
  std::string_view view() const { return {bytes.data(), length}; }
};
DecimalText decimal_text(Int128 units, int scale);

enum class NumberFlaw : std::uint8_t { none, not_a_number, too_long };
struct ParsedNumber {
  Decimal value;
  NumberFlaw flaw = NumberFlaw::none;
};
/// Sign, digits, perhaps a point and digits; nothing else. Too long: more than 31 digits without leading zeros.
ParsedNumber parse_number(std::string_view text);

/// An exact sum of any number of numbers below 2^125.
class WideSum {
 public:
  void add(Int128 units) {
    low_ += units;
    if (low_ >= roof || low_ <= -roof) carry();
  }
  std::string text(int scale) const;
  /// Adds what `text(scale)` of another sum gave.
  void add_text(std::string_view text);

 private:
  static constexpr Int128 roof = Int128{1} << 125;
  void carry();

  Int128 low_ = 0;
  Int128 high_ = 0;  // times 10^36
};

}  // namespace dfi::records
