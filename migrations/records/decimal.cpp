// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/decimal.hpp"

#include <algorithm>

namespace dfi::records {
namespace {

constexpr int limb_digits = 36;

constexpr std::array<Int128, 39> make_powers() {
  std::array<Int128, 39> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
constexpr auto powers = make_powers();

/// Digits of a number that is not negative, without leading zeros; none for zero.
std::string digits_of(Int128 value) {
  std::string digits;
  for (; value != 0; value /= 10) digits += static_cast<char>('0' + static_cast<int>(value % 10));
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string with_point(std::string digits, int scale, bool negative) {
  const auto least = static_cast<std::size_t>(scale) + 1;
  if (digits.size() < least) digits.insert(0, least - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - static_cast<std::size_t>(scale), 1, '.');
  return negative ? "-" + digits : digits;
}

}  // namespace

Int128 power_of_ten(int exponent) { return powers[static_cast<std::size_t>(exponent)]; }

Rescaled rescale(Int128 units, int from, int to, Rounding rounding) {
  Rescaled result{units, false, false};
  if (units == 0 || from == to) return result;
  if (to > from) {
    result.overflow = to - from > 38 || __builtin_mul_overflow(units, power_of_ten(to - from), &result.units);
    return result;
  }
  if (from - to > 38) {
    result.units = 0;
    result.lost = rounding == Rounding::never;
    return result;
  }
  const auto factor = power_of_ten(from - to);
  const auto rest = units % factor;
  result.units = units / factor;
  if (rest == 0) return result;
  result.lost = rounding == Rounding::never;
  const auto size = rest < 0 ? -rest : rest;
  if (rounding == Rounding::half_up && size >= factor - size) result.units += units < 0 ? -1 : 1;
  return result;
}

DecimalText decimal_text(Int128 units, int scale) {
  DecimalText text;
  char* const end = text.bytes.data() + text.bytes.size();
  char* at = end;
  const bool negative = units < 0;
  for (int place = 0; units != 0 || place <= scale; ++place, units /= 10) {
    if (place == scale && scale > 0) *--at = '.';
    const auto digit = static_cast<int>(units % 10);
    *--at = static_cast<char>('0' + (digit < 0 ? -digit : digit));
  }
  if (negative) *--at = '-';
  text.length = static_cast<std::size_t>(end - at);
  std::copy(at, end, text.bytes.data());
  return text;
}

ParsedNumber parse_number(std::string_view text) {
  ParsedNumber result;
  bool negative = false, point = false, digit = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  for (const char c : text) {
    if (c == '.' && !point && digit) {
      point = true;
      digit = false;
      continue;
    }
    if (c < '0' || c > '9') return {{}, NumberFlaw::not_a_number};
    digit = true;
    if (result.value.units >= power_of_ten(most_digits - 1)) result.flaw = NumberFlaw::too_long;
    if (result.flaw != NumberFlaw::none) continue;
    result.value.units = result.value.units * 10 + (c - '0');
    if (point) ++result.value.scale;
  }
  if (!digit) return {{}, NumberFlaw::not_a_number};
  if (result.value.scale > most_digits) result.flaw = NumberFlaw::too_long;
  if (negative) result.value.units = -result.value.units;
  return result;
}

void WideSum::carry() {
  const auto limb = power_of_ten(limb_digits);
  high_ += low_ / limb;
  low_ %= limb;
}

std::string WideSum::text(int scale) const {
  const auto limb = power_of_ten(limb_digits);
  auto low = low_ % limb, high = high_ + low_ / limb;
  // Both parts of one sign.
  if (high > 0 && low < 0) --high, low += limb;
  if (high < 0 && low > 0) ++high, low -= limb;
  const bool negative = high < 0 || low < 0;
  if (negative) high = -high, low = -low;
  auto digits = digits_of(low);
  if (high != 0) {
    digits.insert(0, static_cast<std::size_t>(limb_digits) - digits.size(), '0');
    digits.insert(0, digits_of(high));
  }
  return with_point(std::move(digits), scale, negative);
}

void WideSum::add_text(std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (c >= '0' && c <= '9') digits += c;
  const bool negative = !text.empty() && text[0] == '-';
  const auto value = [negative](std::string_view part) {
    Int128 units = 0;
    for (const char c : part) units = units * 10 + (c - '0');
    return negative ? -units : units;
  };
  const std::string_view all = digits;
  const auto split = all.size() - std::min<std::size_t>(all.size(), limb_digits);
  add(value(all.substr(split)));
  high_ += value(all.substr(0, split));
}

}  // namespace dfi::records
