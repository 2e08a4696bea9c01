// SPDX-License-Identifier: Apache-2.0
// Digits, signs and bytes of the number types.
#include <fmt/format.h>

#include <algorithm>

#include "messages/records.hpp"
#include "migrations/records/codec.hpp"
#include "migrations/records/text.hpp"

namespace dfi::records {
namespace {

unsigned at(const char* bytes, std::size_t index) { return static_cast<unsigned char>(bytes[index]); }

std::string hex(const Field& field, const char* bytes) { return hex_of({bytes, field.length}); }

[[noreturn]] void refuse_digit(const Field& field, const char* bytes, unsigned digit) {
  throw Refused{FaultKind::bad_digit,
                {msg::record_bad_digit, {{"hex", hex(field, bytes)}, {"value", fmt::format("{:X}", digit)}}}};
}

[[noreturn]] void refuse_sign(const Field& field, const char* bytes, unsigned sign) {
  throw Refused{FaultKind::bad_sign,
                {msg::record_bad_sign, {{"hex", hex(field, bytes)}, {"value", fmt::format("{:X}", sign)}}}};
}

[[noreturn]] void refuse_length(const Field& field, const std::string& value) {
  throw Refused{FaultKind::overflow, {msg::record_overflow, {{"value", value}, {"type", type_text(field)}}}};
}

Int128 decode_packed(const Field& field, const char* bytes) {
  Int128 units = 0;
  for (std::size_t i = 0; i < 2 * field.length - 1; ++i) {
    const auto digit = i % 2 == 0 ? at(bytes, i / 2) >> 4 : at(bytes, i / 2) & 15u;
    if (digit > 9) refuse_digit(field, bytes, digit);
    units = units * 10 + digit;
  }
  const auto sign = at(bytes, field.length - 1) & 15u;
  const bool negative = sign == 0xB || sign == 0xD;
  if (sign < 10 || (negative && !field.is_signed)) refuse_sign(field, bytes, sign);
  // An even number of digits leaves half a byte in front.
  if (units >= power_of_ten(field.digits)) refuse_length(field, std::string(decimal_text(units, field.scale).view()));
  return negative ? -units : units;
}

Int128 decode_zoned(const Field& field, const char* bytes) {
  const unsigned zone = field.page->ebcdic ? 0xF : 0x3;
  Int128 units = 0;
  for (std::size_t i = 0; i < field.length; ++i) {
    const auto digit = at(bytes, i) & 15u;
    const bool last = i + 1 == field.length;
    if (digit > 9) refuse_digit(field, bytes, at(bytes, i));
    if (!last && at(bytes, i) >> 4 != zone) refuse_digit(field, bytes, at(bytes, i));
    units = units * 10 + digit;
  }
  const auto sign = at(bytes, field.length - 1) >> 4;
  const bool negative = field.page->ebcdic ? sign == 0xB || sign == 0xD : sign == 0x7;
  const bool plus = field.page->ebcdic ? sign >= 0xA && !negative : sign == 0x3;
  if ((!plus && !negative) || (negative && !field.is_signed)) refuse_sign(field, bytes, sign);
  return negative ? -units : units;
}

Int128 decode_binary(const Field& field, const char* bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < field.length; ++i)
    bits = bits << 8 | at(bytes, field.little_endian ? field.length - 1 - i : i);
  if (!field.is_signed) return static_cast<Int128>(bits);
  const auto unused = 64 - 8 * static_cast<int>(field.length);
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

Int128 decode_digits(const Field& field, const char* bytes) {
  const auto text = to_utf8(trim_right({bytes, field.length}, *field.page), *field.page);
  const auto number = parse_number(text);
  if (number.flaw == NumberFlaw::not_a_number || (number.flaw == NumberFlaw::none && number.value.scale > field.scale))
    throw Refused{FaultKind::bad_digit, {msg::record_no_number, {{"value", shown(text)}, {"type", type_text(field)}}}};
  const auto scaled = rescale(number.value.units, number.value.scale, field.scale, Rounding::never);
  if (number.flaw == NumberFlaw::too_long || scaled.overflow) refuse_length(field, shown(text));
  return scaled.units;
}

void encode_packed(const Field& field, Int128 units, char* bytes) {
  const bool negative = units < 0;
  if (negative) units = -units;
  unsigned low = negative ? 0xD : 0xF;
  for (std::size_t i = field.length; i-- > 0;) {
    const auto high = static_cast<unsigned>(units % 10);
    bytes[i] = static_cast<char>(high << 4 | low);
    low = static_cast<unsigned>(units / 10 % 10);
    units /= 100;
  }
}

void encode_zoned(const Field& field, Int128 units, char* bytes) {
  const bool negative = units < 0;
  if (negative) units = -units;
  const unsigned zone = field.page->ebcdic ? 0xF0 : 0x30, minus = field.page->ebcdic ? 0xD0 : 0x70;
  for (std::size_t i = field.length; i-- > 0; units /= 10) {
    const auto digit = static_cast<unsigned>(units % 10);
    bytes[i] = static_cast<char>((negative && i + 1 == field.length ? minus : zone) | digit);
  }
}

bool encode_binary(const Field& field, Int128 units, char* bytes) {
  const auto bits = 8 * static_cast<int>(field.length);
  const Int128 span = Int128{1} << (field.is_signed ? bits - 1 : bits);
  if (units >= span || units < (field.is_signed ? -span : 0)) return false;
  auto value = static_cast<std::uint64_t>(units);
  for (std::size_t i = 0; i < field.length; ++i, value >>= 8)
    bytes[field.little_endian ? i : field.length - 1 - i] = static_cast<char>(value & 0xFF);
  return true;
}

bool encode_digits(const Field& field, Int128 units, char* bytes) {
  const auto text = decimal_text(units, field.scale);
  if (text.length > field.length) return false;
  for (std::size_t i = 0; i < field.length; ++i) {
    const auto character = i < text.length ? text.bytes[i] : ' ';
    const bool as_is = is_utf8_page(*field.page);
    bytes[i] = as_is ? character : static_cast<char>(field.page->from_latin1[static_cast<unsigned char>(character)]);
  }
  return true;
}

}  // namespace

Int128 decode_number(const Field& field, const char* bytes) {
  switch (field.type) {
    case Type::packed: return decode_packed(field, bytes);
    case Type::zoned: return decode_zoned(field, bytes);
    case Type::binary: return decode_binary(field, bytes);
    default: return decode_digits(field, bytes);
  }
}

bool encode_number(const Field& field, Int128 units, char* bytes) {
  if (field.type == Type::binary) return encode_binary(field, units, bytes);
  if (field.type != Type::digits && units < 0 && !field.is_signed) return false;
  const auto limit = power_of_ten(std::min(field.digits, most_digits));
  if (units >= limit || units <= -limit) return false;
  if (field.type == Type::digits) return encode_digits(field, units, bytes);
  field.type == Type::packed ? encode_packed(field, units, bytes) : encode_zoned(field, units, bytes);
  return true;
}

}  // namespace dfi::records
