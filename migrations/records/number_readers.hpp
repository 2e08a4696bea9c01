// SPDX-License-Identifier: Apache-2.0
// Numbers of at most 18 digits, read and written in 64 bits. Readers say no to everything that is not plainly valid.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>

#include "migrations/records/format.hpp"

namespace dfi::records {

constexpr int fast_digits = 18;

constexpr std::array<std::int64_t, fast_digits + 1> make_fast_powers() {
  std::array<std::int64_t, fast_digits + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
constexpr auto fast_powers = make_fast_powers();

/// Value of two packed digits, 0xFF if one is none.
constexpr std::array<unsigned char, 256> make_packed_pairs() {
  std::array<unsigned char, 256> pairs{};
  for (unsigned i = 0; i < 256; ++i) {
    const bool digits = i >> 4 < 10 && (i & 15) < 10;
    pairs[i] = static_cast<unsigned char>(digits ? (i >> 4) * 10 + (i & 15) : 0xFF);
  }
  return pairs;
}
inline constexpr auto packed_pairs = make_packed_pairs();

/// "00" to "99".
constexpr std::array<char, 200> make_two_digits() {
  std::array<char, 200> digits{};
  for (std::size_t i = 0; i < 100; ++i) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}
inline constexpr auto two_digits = make_two_digits();

inline void put_two(char* out, std::uint64_t value) { std::memcpy(out, &two_digits[2 * value], 2); }

struct PackedReader {
  static bool read(const Field& field, const char* bytes, std::int64_t& units) {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes);
    const auto last = field.length - 1;
    std::int64_t value = 0;
    unsigned seen = 0;
    for (std::size_t i = 0; i < last; ++i) {
      const unsigned pair = packed_pairs[at[i]];
      seen |= pair;
      value = value * 100 + pair;
    }
    const unsigned digit = at[last] >> 4, sign = at[last] & 15u;
    if ((seen & 0x80) != 0 || digit > 9 || sign < 10) return false;
    value = value * 10 + digit;
    if (field.digits % 2 == 0 && value >= fast_powers[static_cast<std::size_t>(field.digits)]) return false;
    const bool negative = sign == 0xD || sign == 0xB;
    if (negative && !field.is_signed) return false;
    units = negative ? -value : value;
    return true;
  }
};

struct ZonedReader {
  static bool read(const Field& field, const char* bytes, std::int64_t& units) {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes);
    const unsigned zone = field.page->ebcdic ? 0xF0 : 0x30;
    const auto last = field.length - 1;
    std::int64_t value = 0;
    bool valid = true;
    for (std::size_t i = 0; i < last; ++i) {
      const unsigned digit = at[i] - zone;  // beyond 9, or wrapped around, for anything else
      valid &= digit <= 9;
      value = value * 10 + static_cast<std::int64_t>(digit);
    }
    const unsigned digit = at[last] & 15u, sign = at[last] >> 4;
    value = value * 10 + digit;
    const bool ebcdic = field.page->ebcdic;
    const bool negative = ebcdic ? sign == 0xD || sign == 0xB : sign == 7;
    const bool valid_sign = negative ? field.is_signed : ebcdic ? sign >= 10 : sign == 3;
    units = negative ? -value : value;
    return valid && valid_sign && digit <= 9;
  }
};

struct BinaryReader {
  static bool read(const Field& field, const char* bytes, std::int64_t& units) {
    std::uint64_t bits = 0;
    if (field.little_endian)
      for (auto i = field.length; i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
    else
      for (std::size_t i = 0; i < field.length; ++i) bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
    const auto unused = 64 - 8 * static_cast<int>(field.length);
    units = field.is_signed ? static_cast<std::int64_t>(bits << unused) >> unused : static_cast<std::int64_t>(bits);
    // The largest numbers of eight bytes, and blanks where they mean something, are left to decode.
    return field.blank == Blank::error && units < fast_powers[fast_digits] && units > -fast_powers[fast_digits];
  }
};

struct DigitsReader {
  static bool read(const Field& field, const char* bytes, std::int64_t& units) {
    const bool ebcdic = field.page->ebcdic;
    const auto* at = reinterpret_cast<const unsigned char*>(bytes);
    const auto* const end = at + field.length;
    const unsigned zero = ebcdic ? 0xF0 : 0x30;
    const bool negative = *at == (ebcdic ? 0x60 : 0x2D);
    if (negative) ++at;
    const auto* const first = at;
    std::uint64_t value = 0;
    const auto digits = [&] {
      for (; at != end && *at - zero <= 9u; ++at) value = value * 10 + (*at - zero);
    };
    digits();
    if (at == first || at - first > fast_digits) return false;
    if (field.scale > 0) {
      if (at == end || *at != (ebcdic ? 0x4B : 0x2E)) return false;
      const auto* const point = at++;
      digits();
      if (at - point - 1 != field.scale || at - first > fast_digits + 1) return false;
    }
    for (; at != end; ++at)
      if (*at != field.page->blank) return false;
    units = negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
    return true;
  }
};

}  // namespace dfi::records
