// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/key.hpp"

#include <cstring>

#include "migrations/records/bytes.hpp"
#include "migrations/records/text.hpp"

namespace dfi::records {
namespace {

__extension__ typedef unsigned __int128 Unsigned;

constexpr char has_value = 1;

void append_big_endian(std::string& key, Unsigned bits, std::size_t bytes) {
  char text[sizeof bits];
  for (std::size_t i = bytes; i-- > 0; bits >>= 8) text[i] = static_cast<char>(static_cast<unsigned>(bits) & 0xFF);
  key.append(text, bytes);
}

/// Two's complement with the sign turned over, so that negative numbers come first.
void append_signed(std::string& key, Int128 units, std::size_t bytes) {
  append_big_endian(key, static_cast<Unsigned>(units) ^ Unsigned{1} << (8 * bytes - 1), bytes);
}

/// NUL ends a text; one inside becomes 00 FF, so that it comes behind the end of a shorter text.
void append_text(std::string& key, std::string_view text) {
  for (const char byte : text) {
    key += byte;
    if (byte == '\0') key += '\xFF';
  }
  key += '\0';
  key += '\0';
}

/// Whole part and decimals of a number whose scale is not known before.
void append_varying(std::string& key, Int128 units, int scale) {
  const auto factor = power_of_ten(scale);
  auto whole = units / factor, rest = units % factor;
  if (rest < 0) --whole, rest += factor;
  append_signed(key, whole, sizeof whole);
  std::string decimals;
  for (auto place = factor / 10; rest != 0; rest %= place, place /= 10)
    decimals += static_cast<char>('0' + static_cast<int>(rest / place));
  append_text(key, decimals);
}

void append_real(std::string& key, double value) {
  std::uint64_t bits;
  value += 0.0;  // -0 is 0
  std::memcpy(&bits, &value, sizeof bits);
  const bool negative = bits >> 63 != 0;
  bits = negative ? ~bits : bits | std::uint64_t{1} << 63;
  append_big_endian(key, bits, sizeof bits);
}

}  // namespace

KeyShape key_shape(const Field& field) {
  if (field.type == Type::binary) return {field.length + (field.is_signed ? 0 : 1), field.scale};
  KeyShape shape{1, field.scale};
  while (shape.number_bytes < sizeof(Int128) && power_of_ten(field.digits) > Int128{1} << (8 * shape.number_bytes - 1))
    ++shape.number_bytes;
  return shape;
}

void append_number(std::string& key, const KeyShape& shape, std::int64_t units) {
  const auto bytes = shape.number_bytes;
  key += has_value;
  if (bytes > sizeof units) return append_signed(key, units, bytes);
  const auto turned = static_cast<std::uint64_t>(units) ^ std::uint64_t{1} << (8 * bytes - 1);
  const auto word = big_endian(turned << (64 - 8 * bytes));
  char text[sizeof word];
  std::memcpy(text, &word, sizeof word);
  key.append(text, bytes);
}

void append_key(std::string& key, const KeyShape& shape, const Value& value) {
  switch (value.kind) {
    case Value::Kind::null: key += '\0'; return;
    case Value::Kind::number:
      key += has_value;
      if (shape.number_bytes > 0) return append_signed(key, value.number, shape.number_bytes);
      return append_varying(key, value.number, value.scale);
    case Value::Kind::text:
      key += has_value;
      return append_text(key, to_utf8(trim_right(value.text, *value.page), *value.page));
    case Value::Kind::bytes: key += has_value; return append_text(key, value.text);
    case Value::Kind::real: key += has_value; return append_real(key, value.real);
    default:
      key += has_value;
      return append_signed(key, value.number,
                           value.kind == Value::Kind::timestamp ? sizeof(Int128) : sizeof(std::int64_t));
  }
}

}  // namespace dfi::records
