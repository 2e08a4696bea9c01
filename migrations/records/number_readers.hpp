// SPDX-License-Identifier: Apache-2.0
// Numbers of at most 18 digits, read and written in 64 bits. Readers say no to everything that is not plainly valid.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "migrations/records/bytes.hpp"
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

/// The number of up to 16 digits, one in each half byte; all at once: neighbours are joined to pairs, pairs to fours, …
inline std::uint64_t join_packed(std::uint64_t digits) {
  digits -= 6 * (digits >> 4 & 0x0F0F0F0F0F0F0F0Fu);
  digits -= (256 - 100) * (digits >> 8 & 0x00FF00FF00FF00FFu);
  digits -= (65536 - 10000) * (digits >> 16 & 0x0000FFFF0000FFFFu);
  return (digits & 0xFFFFFFFFu) + (digits >> 32) * 100000000;
}
/// The same of up to 8 digits, one in each byte.
inline std::uint64_t join_zoned(std::uint64_t digits) {
  digits -= (256 - 10) * (digits >> 8 & 0x00FF00FF00FF00FFu);
  digits -= (65536 - 100) * (digits >> 16 & 0x0000FFFF0000FFFFu);
  return (digits & 0xFFFFFFFFu) + (digits >> 32) * 10000;
}

/// Where the digits are none, the value is whatever comes out.
struct Digits {
  std::uint64_t value = 0;
  bool valid = true;
};

/// The digits of a packed number of any length.
[[gnu::noinline]] inline Digits packed_digits(const unsigned char* at, std::size_t length) {
  Digits digits;
  unsigned seen = 0;
  for (std::size_t i = 0; i + 1 < length; ++i) {
    const unsigned pair = packed_pairs[at[i]];
    seen |= pair;
    digits.value = digits.value * 100 + pair;
  }
  const unsigned last = at[length - 1] >> 4;
  digits.value = digits.value * 10 + last;
  digits.valid = (seen & 0x80) == 0 && last <= 9;
  return digits;
}

/// Of a zoned one; the zone of the last byte is the sign.
[[gnu::noinline]] inline Digits zoned_digits(const unsigned char* at, std::size_t length, unsigned zone) {
  Digits digits;
  for (std::size_t i = 0; i + 1 < length; ++i) {
    const unsigned digit = at[i] - zone;  // beyond 9, or wrapped around, for anything else
    digits.valid &= digit <= 9;
    digits.value = digits.value * 10 + digit;
  }
  digits.valid &= (at[length - 1] & 15) <= 9;
  digits.value = digits.value * 10 + (at[length - 1] & 15u);
  return digits;
}

struct PackedReader {
  [[gnu::always_inline]] static bool read(const Field& field, const char* bytes, std::int64_t& units) {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes);
    const auto last = field.length - 1;
    const unsigned sign = at[last] & 15u;
    Digits number;
    if (field.length >= 4 && field.length <= 8) {
      const auto digits = load_big_endian(at, field.length) >> 4;
      // Six more make a half byte run over if it is no digit.
      const auto over = ((digits + 0x0666666666666666u) ^ digits ^ 0x0666666666666666u) & 0x1111111111111110u;
      number = {join_packed(digits), over == 0};
    } else {
      number = packed_digits(at, field.length);
    }
    const auto value = number.value;
    if (sign < 10 || !number.valid) return false;
    if (field.digits % 2 == 0 &&
        value >= static_cast<std::uint64_t>(fast_powers[static_cast<std::size_t>(field.digits)]))
      return false;
    const bool negative = sign == 0xD || sign == 0xB;
    units = static_cast<std::int64_t>(negative ? 0 - value : value);
    return !negative || field.is_signed;
  }
};

struct ZonedReader {
  [[gnu::always_inline]] static bool read(const Field& field, const char* bytes, std::int64_t& units) {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes);
    const bool ebcdic = field.page->ebcdic;
    const unsigned zone = ebcdic ? 0xF0 : 0x30;
    const auto last = field.length - 1;
    Digits number;
    if (field.length >= 4 && field.length <= 8) {
      const auto all = load_big_endian(at, field.length);
      const auto digits = all & 0x0F0F0F0F0F0F0F0Fu;
      const auto zones = (0x0101010101010100u * zone) & (~std::uint64_t{0} >> (64 - 8 * field.length));
      const bool valid =
          (all & 0xF0F0F0F0F0F0F000u) == zones && ((digits + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u) == 0;
      number = {join_zoned(digits), valid};
    } else {
      number = zoned_digits(at, field.length, zone);
    }
    const unsigned sign = at[last] >> 4;
    const bool negative = ebcdic ? sign == 0xD || sign == 0xB : sign == 7;
    const bool valid_sign = negative ? field.is_signed : ebcdic ? sign >= 10 : sign == 3;
    units = static_cast<std::int64_t>(negative ? 0 - number.value : number.value);
    return number.valid && valid_sign;
  }
};

struct BinaryReader {
  [[gnu::always_inline]] static bool read(const Field& field, const char* bytes, std::int64_t& units) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])); };
    std::uint64_t bits = 0;
    if (field.length == 2 && !field.little_endian)
      bits = at(0) << 8 | at(1);
    else if (field.length == 4 && !field.little_endian)
      bits = at(0) << 24 | at(1) << 16 | at(2) << 8 | at(3);
    else
      for (std::size_t i = 0; i < field.length; ++i)
        bits = bits << 8 | at(field.little_endian ? field.length - 1 - i : i);
    const auto unused = 64 - 8 * static_cast<int>(field.length);
    units = field.is_signed ? static_cast<std::int64_t>(bits << unused) >> unused : static_cast<std::int64_t>(bits);
    // The largest numbers of eight bytes, and blanks where they mean something, are left to decode.
    if (!field.is_signed && units < 0) return false;
    return field.blank == Blank::error && units < fast_powers[fast_digits] && units > -fast_powers[fast_digits];
  }
};

/// Reads the digits at the start of eight bytes; their number.
inline int eight_digits(const unsigned char* bytes, unsigned zero, std::uint64_t& value) {
  const auto word = big_endian(load<std::uint64_t>(bytes)) ^ 0x0101010101010101u * zero;
  const auto others = (((word & 0x7F7F7F7F7F7F7F7Fu) + 0x7676767676767676u) | word) & 0x8080808080808080u;
  const int count = others == 0 ? 8 : __builtin_clzll(others) / 8;
  value = count == 0 ? 0 : join_zoned(word >> (64 - 8 * count));
  return count;
}

/// A number of one to seven digits without decimals, or with its point and all of them, in the first eight of the 4 to
/// 16 bytes from `at` on; then blanks. False: perhaps another one.
inline bool read_short_number(const Field& field, const unsigned char* at, std::size_t length, std::uint64_t& value) {
  const bool ebcdic = field.page->ebcdic;
  const auto zeros = 0x0101010101010101u * (ebcdic ? 0xF0u : 0x30u);
  const auto blanks = 0x0101010101010101u * field.page->blank;
  std::uint64_t word;
  if (length < 8) {
    word = load_big_endian(at, length) << (64 - 8 * length) | blanks >> 8 * length;
  } else {
    word = big_endian(load<std::uint64_t>(at));
    const auto tail = big_endian(load<std::uint64_t>(at + length - 8)) ^ blanks;
    if (length > 8 && tail << (128 - 8 * length) != 0) return false;
  }
  const auto digits = word ^ zeros;
  const auto others = (((digits & 0x7F7F7F7F7F7F7F7Fu) + 0x7676767676767676u) | digits) & 0x8080808080808080u;
  if (others == 0 || others >> 63 != 0) return false;
  auto used = static_cast<unsigned>(__builtin_clzll(others)) & ~7u;  // bits
  value = join_zoned(digits >> (64 - used));
  if (field.scale > 0) {
    const auto decimals = 8 * static_cast<unsigned>(field.scale);
    const auto first = used + 8;
    if (first + decimals > 56 || (word << used) >> 56 != (ebcdic ? 0x4Bu : 0x2Eu)) return false;
    if ((others << first) >> (64 - decimals) != 0) return false;
    value = value * static_cast<std::uint64_t>(fast_powers[decimals / 8]) +
            join_zoned((digits << first) >> (64 - decimals));
    used = first + decimals;
  }
  return word << used == blanks << used;
}

/// Any number of digits, behind its sign.
[[gnu::noinline]] inline bool read_long_number(const Field& field, const unsigned char* at, const unsigned char* end,
                                               std::uint64_t& value) {
  const bool ebcdic = field.page->ebcdic;
  const unsigned zero = ebcdic ? 0xF0 : 0x30;
  const auto* const first = at;
  value = 0;
  if (end - at >= 8) at += eight_digits(at, zero, value);
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
  return std::all_of(at, end, [&](unsigned char byte) { return byte == field.page->blank; });
}

struct DigitsReader {
  [[gnu::always_inline]] static bool read(const Field& field, const char* bytes, std::int64_t& units) {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes);
    const auto* const end = at + field.length;
    const bool negative = *at == (field.page->ebcdic ? 0x60 : 0x2D);
    if (negative) ++at;
    const auto length = static_cast<std::size_t>(end - at);
    std::uint64_t value = 0;
    const bool is_short = length >= 4 && length <= 16 && read_short_number(field, at, length, value);
    if (!is_short && !read_long_number(field, at, end, value)) return false;
    units = negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
    return true;
  }
};

}  // namespace dfi::records
