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

class PackedReader {
 public:
  explicit PackedReader(const Field& field)
      : length_(field.length),
        is_signed_(field.is_signed),
        // The spare half byte of an even count of digits.
        limit_(static_cast<std::uint64_t>(fast_powers[static_cast<std::size_t>(field.digits)])) {}
  [[gnu::always_inline]] bool read(const char* bytes, std::int64_t& units) const {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes);
    const unsigned sign = at[length_ - 1] & 15u;
    Digits number;
    if (length_ <= 8) {
      const auto digits = load_big_endian(at, length_) >> 4;
      // Six more make a half byte run over if it is no digit.
      const auto over = ((digits + 0x0666666666666666u) ^ digits ^ 0x0666666666666666u) & 0x1111111111111110u;
      number = {join_packed(digits), over == 0};
    } else {
      number = packed_digits(at, length_);
    }
    const bool negative = sign == 0xD || sign == 0xB;
    units = static_cast<std::int64_t>(negative ? 0 - number.value : number.value);
    return number.valid && sign >= 10 && number.value < limit_ && (!negative || is_signed_);
  }

 private:
  std::size_t length_;
  bool is_signed_;
  std::uint64_t limit_;
};

class ZonedReader {
 public:
  explicit ZonedReader(const Field& field)
      : length_(field.length), ebcdic_(field.page->ebcdic), is_signed_(field.is_signed) {}
  [[gnu::always_inline]] bool read(const char* bytes, std::int64_t& units) const {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes);
    const unsigned zone = ebcdic_ ? 0xF0 : 0x30;
    Digits number;
    if (length_ <= 8) {
      const auto all = load_big_endian(at, length_);
      const auto digits = all & (each_byte * 0x0F);
      const auto zones = (each_byte * zone & ~std::uint64_t{0xFF}) & (~std::uint64_t{0} >> (64 - 8 * length_));
      const bool valid = (all & (each_byte * 0xF0) & ~std::uint64_t{0xFF}) == zones &&
                         ((digits + each_byte * 6) & (each_byte * 0xF0)) == 0;
      number = {join_zoned(digits), valid};
    } else {
      number = zoned_digits(at, length_, zone);
    }
    const unsigned sign = at[length_ - 1] >> 4;
    const bool negative = ebcdic_ ? sign == 0xD || sign == 0xB : sign == 7;
    const bool valid_sign = negative ? is_signed_ : ebcdic_ ? sign >= 10 : sign == 3;
    units = static_cast<std::int64_t>(negative ? 0 - number.value : number.value);
    return number.valid && valid_sign;
  }

 private:
  std::size_t length_;
  bool ebcdic_, is_signed_;
};

class BinaryReader {
 public:
  explicit BinaryReader(const Field& field)
      : length_(field.length),
        is_signed_(field.is_signed),
        little_endian_(field.little_endian),
        may_be_blank_(field.blank != Blank::error) {}
  [[gnu::always_inline]] bool read(const char* bytes, std::int64_t& units) const {
    const auto unused = 64 - 8 * static_cast<int>(length_);
    auto bits = load_big_endian(reinterpret_cast<const unsigned char*>(bytes), length_) << unused;
    if (little_endian_) bits = __builtin_bswap64(bits) << unused;
    units = is_signed_ ? static_cast<std::int64_t>(bits) >> unused : static_cast<std::int64_t>(bits >> unused);
    // The largest numbers of eight bytes, and blanks where they mean something, are left to decode.
    if (!is_signed_ && units < 0) return false;
    return !may_be_blank_ && units < fast_powers[fast_digits] && units > -fast_powers[fast_digits];
  }

 private:
  std::size_t length_;
  bool is_signed_, little_endian_, may_be_blank_;
};

/// Marks (80) each byte that is no digit; `digits` are characters without their zone.
inline std::uint64_t no_digits(std::uint64_t digits) {
  return (((digits & each_byte * 0x7F) + each_byte * 0x76) | digits) & each_byte * 0x80;
}

/// Characters: sign, digits, perhaps a point and all decimals; then blanks.
class DigitsReader {
 public:
  explicit DigitsReader(const Field& field)
      : length_(field.length),
        ebcdic_(field.page->ebcdic),
        blank_(field.page->blank),
        scale_(static_cast<unsigned>(field.scale)) {}
  [[gnu::always_inline]] bool read(const char* bytes, std::int64_t& units) const {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes);
    const bool negative = *at == (ebcdic_ ? 0x60 : 0x2D);
    const auto length = length_ - (negative ? 1 : 0);
    at += negative ? 1 : 0;
    std::uint64_t value = 0;
    const bool is_short = length >= 1 && length <= 16 && read_short(at, length, value);
    if (!is_short && !read_long(at, at + length, value)) return false;
    units = negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
    return true;
  }

 private:
  unsigned zero() const { return ebcdic_ ? 0xF0 : 0x30; }
  unsigned point() const { return ebcdic_ ? 0x4B : 0x2E; }

  /// One to seven digits without decimals, or with the point and all of them, in the first eight bytes. False: perhaps
  /// another number.
  [[gnu::always_inline]] bool read_short(const unsigned char* at, std::size_t length, std::uint64_t& value) const {
    const auto blanks = each_byte * blank_;
    std::uint64_t word;
    if (length < 8) {
      word = load_big_endian(at, length) << (64 - 8 * length) | blanks >> 8 * length;
    } else {
      word = big_endian(load<std::uint64_t>(at));
      const auto tail = big_endian(load<std::uint64_t>(at + length - 8)) ^ blanks;
      if (length > 8 && tail << (128 - 8 * length) != 0) return false;
    }
    const auto digits = word ^ each_byte * zero();
    const auto others = no_digits(digits);
    if (others == 0 || others >> 63 != 0) return false;
    auto used = static_cast<unsigned>(__builtin_clzll(others)) & ~7u;  // bits
    value = join_zoned(digits >> (64 - used));
    if (scale_ > 0) {
      const auto decimals = 8 * scale_;
      const auto first = used + 8;
      if (first + decimals > 56 || (word << used) >> 56 != point()) return false;
      if ((others << first) >> (64 - decimals) != 0) return false;
      value =
          value * static_cast<std::uint64_t>(fast_powers[scale_]) + join_zoned((digits << first) >> (64 - decimals));
      used = first + decimals;
    }
    return word << used == blanks << used;
  }

  /// Any number of digits.
  [[gnu::noinline]] bool read_long(const unsigned char* at, const unsigned char* end, std::uint64_t& value) const {
    const auto* const first = at;
    value = 0;
    const auto digits = [&] {
      for (; at != end && *at - zero() <= 9u; ++at) value = value * 10 + (*at - zero());
    };
    digits();
    if (at == first || at - first > fast_digits) return false;
    if (scale_ > 0) {
      if (at == end || *at != point()) return false;
      const auto* const decimals = ++at;
      digits();
      if (at - decimals != static_cast<std::ptrdiff_t>(scale_) || at - first > fast_digits + 1) return false;
    }
    return std::all_of(at, end, [&](unsigned char byte) { return byte == blank_; });
  }

  std::size_t length_;
  bool ebcdic_;
  unsigned char blank_;
  unsigned scale_;
};

}  // namespace dfi::records
