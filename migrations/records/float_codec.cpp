// SPDX-License-Identifier: Apache-2.0
// IEEE 754 numbers. As a decimal number a float is the one of fewest digits that reads as the same float.
#include <charconv>
#include <cmath>
#include <cstring>

#include "migrations/records/codec.hpp"

namespace dfi::records {

double decode_float(const Field& field, const char* bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < field.length; ++i)
    bits = bits << 8 | static_cast<unsigned char>(bytes[field.little_endian ? field.length - 1 - i : i]);
  if (field.length == sizeof(double)) {
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  const auto half = static_cast<std::uint32_t>(bits);
  float value;
  std::memcpy(&value, &half, sizeof value);
  return static_cast<double>(value);
}

bool encode_float(const Field& field, double value, char* bytes) {
  std::uint64_t bits = 0;
  bool same = true;
  if (field.length == sizeof(double)) {
    std::memcpy(&bits, &value, sizeof value);
  } else {
    const auto narrow = static_cast<float>(value);
    std::uint32_t half;
    std::memcpy(&half, &narrow, sizeof narrow);
    bits = half;
    same = std::isnan(value) || !(static_cast<double>(narrow) < value || static_cast<double>(narrow) > value);
  }
  for (std::size_t i = 0; i < field.length; ++i, bits >>= 8)
    bytes[field.little_endian ? i : field.length - 1 - i] = static_cast<char>(bits & 0xFF);
  return same;
}

std::string text_of_float(double value, bool single) {
  char buffer[400];
  const auto end =
      single ? std::to_chars(buffer, buffer + sizeof buffer, static_cast<float>(value), std::chars_format::fixed)
             : std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  return {buffer, end.ptr};
}

std::optional<Decimal> decimal_of(double value, bool single) {
  if (!std::isfinite(value)) return std::nullopt;
  const auto number = parse_number(text_of_float(value, single));
  if (number.flaw != NumberFlaw::none) return std::nullopt;
  return number.value;
}

double float_of(const Decimal& decimal, bool single) {
  const auto text = decimal_text(decimal.units, decimal.scale);
  const char* const end = text.bytes.data() + text.length;
  double value = 0;
  float narrow = 0;
  if (!single) std::from_chars(text.bytes.data(), end, value);
  if (single) std::from_chars(text.bytes.data(), end, narrow);
  return single ? static_cast<double>(narrow) : value;
}

}  // namespace dfi::records
