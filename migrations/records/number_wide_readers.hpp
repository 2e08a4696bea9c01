// SPDX-License-Identifier: Apache-2.0
// Numbers of eight records, read side by side. Included by number_wide.cpp only. A reader gives the records whose
// numbers it knows; those of number_readers.hpp, which it follows, may know more.
#pragma once
#include "migrations/records/eight.hpp"
#include "migrations/records/number_readers.hpp"

namespace dfi::records {

/// As in number_readers.hpp.
WIDE_INLINE Eight join_tens(Eight pairs) {
  pairs -= (65536 - 100) * (pairs >> 16 & 0x0000FFFF0000FFFFu);
  return (pairs & 0xFFFFFFFFu) + (pairs >> 32) * 10000;
}
WIDE_INLINE Eight join_digits(Eight digits) {
  return join_tens(digits - (256 - 10) * (digits >> 8 & 0x00FF00FF00FF00FFu));
}

class WidePacked {
 public:
  WidePacked(const Field& field, std::size_t step)
      : bytes_(field, step),
        is_signed_(field.is_signed),
        limit_(static_cast<std::uint64_t>(fast_powers[static_cast<std::size_t>(field.digits)])) {}
  static bool takes(const Field& field, std::size_t step) { return ShortField::takes(field, step); }
  WIDE_INLINE Bits read(const char* at, Bits present, Eight& units) const {
    const auto words = bytes_.load(at, present);
    const auto sign = words & 15;
    auto digits = words >> 4;
    const auto over = ((digits + 0x0666666666666666u) ^ digits ^ 0x0666666666666666u) & 0x1111111111111110u;
    digits -= 6 * (digits >> 4 & 0x0F0F0F0F0F0F0F0Fu);
    digits -= (256 - 100) * (digits >> 8 & 0x00FF00FF00FF00FFu);
    digits -= (65536 - 10000) * (digits >> 16 & 0x0000FFFF0000FFFFu);
    const auto value = (digits & 0xFFFFFFFFu) + (digits >> 32) * 100000000;
    const Bits negative = is(sign, 0xD) | is(sign, 0xB);
    units = negate(negative, value);
    const Bits good = is_zero(over) & ~below(sign, 10) & below(value, limit_);
    return is_signed_ ? good : good & ~negative;
  }

 private:
  ShortField bytes_;
  bool is_signed_;
  std::uint64_t limit_;
};

class WideZoned {
 public:
  WideZoned(const Field& field, std::size_t step)
      : bytes_(field, step),
        zones_((each_byte * (field.page->ebcdic ? 0xF0 : 0x30) & ~std::uint64_t{0xFF}) &
               (~std::uint64_t{0} >> bytes_.unused())),
        ebcdic_(field.page->ebcdic),
        is_signed_(field.is_signed) {}
  static bool takes(const Field& field, std::size_t step) { return ShortField::takes(field, step); }
  WIDE_INLINE Bits read(const char* at, Bits present, Eight& units) const {
    const auto words = bytes_.load(at, present);
    const auto digits = words & each_byte * 0x0F;
    const auto sign = words >> 4 & 15;
    const Bits negative = ebcdic_ ? is(sign, 0xD) | is(sign, 0xB) : is(sign, 7);
    const Bits positive = ebcdic_ ? ~below(sign, 10) & ~negative : is(sign, 3);
    units = negate(negative, join_digits(digits));
    const Bits good = is_zero(((words & each_byte * 0xF0) & ~std::uint64_t{0xFF}) ^ zones_) &
                      is_zero((digits + each_byte * 6) & each_byte * 0xF0);
    return good & (is_signed_ ? positive | negative : positive);
  }

 private:
  ShortField bytes_;
  std::uint64_t zones_;
  bool ebcdic_, is_signed_;
};

class WideBinary {
 public:
  WideBinary(const Field& field, std::size_t step) : bytes_(field, step), is_signed_(field.is_signed) {}
  static bool takes(const Field& field, std::size_t step) {
    return ShortField::takes(field, step) && !field.little_endian && field.blank == Blank::error;
  }
  WIDE_INLINE Bits read(const char* at, Bits present, Eight& units) const {
    units = bytes_.load(at, present);
    const auto unused = static_cast<unsigned>(bytes_.unused());
    if (is_signed_) units = from_raw(_mm512_srai_epi64(raw(units << unused), unused));
    return within(units, is_signed_ ? 1 - fast_powers[fast_digits] : 0, fast_powers[fast_digits] - 1);
  }

 private:
  ShortField bytes_;
  bool is_signed_;
};

/// Characters: sign, at most seven digits, perhaps a point and all decimals; then blanks.
class WideDigits {
 public:
  WideDigits(const Field& field, std::size_t step)
      : bytes_(field, step),
        step_(step),
        length_(field.length),
        zeros_(each_byte * (field.page->ebcdic ? 0xF0 : 0x30)),
        blanks_(each_byte * field.page->blank),
        minus_(field.page->ebcdic ? 0x60 : 0x2D),
        point_(field.page->ebcdic ? 0x4B : 0x2E),
        scale_(static_cast<unsigned>(field.scale)) {}
  static bool takes(const Field& field, std::size_t step) {
    return (ShortField::takes(field, step) || (field.length > 8 && field.length <= 16)) && field.scale <= 6;
  }
  WIDE_INLINE Bits read(const char* at, Bits present, Eight& units) const {
    auto first = all(blanks_), second = all(blanks_);  // the first byte in memory is the highest of `first`
    load(at, present, first, second);
    const Bits negative = is(first >> 56, minus_);
    first = choose(negative, first << 8 | second >> 56, first);
    second = choose(negative, second << 8 | (blanks_ & 0xFF), second);

    const auto digits = first ^ zeros_;
    const auto others = (((digits & each_byte * 0x7F) + each_byte * 0x76) | digits) & each_byte * 0x80;
    // Bits of the digits before the first other character; of a word without one the result is not used.
    auto used = from_raw(_mm512_lzcnt_epi64(raw(others))) & 0x38;
    auto good = static_cast<Bits>(~is_zero(others) & ~is_zero(used) & is_zero(second ^ blanks_));
    units = join_digits(digits >> 8 >> (56 - used));
    if (scale_ > 0) {
      const auto decimals = 8 * scale_;
      good = static_cast<Bits>(good & is(first << used >> 56, point_) & below(used, 49 - decimals));
      used = (used + 8) & 0x38;
      good = static_cast<Bits>(good & is_zero(others << used >> (64 - decimals)));
      units = units * static_cast<std::uint64_t>(fast_powers[scale_]) + join_digits(digits << used >> (64 - decimals));
      used = (used + decimals) & 0x38;
    }
    units = negate(negative, units);
    return good & is_zero((first ^ blanks_) << used);
  }

 private:
  WIDE_INLINE void load(const char* at, Bits present, Eight& first, Eight& second) const {
    if (length_ < 8) {
      first = bytes_.load(at, present) << bytes_.unused() | blanks_ >> 8 * length_;
    } else {
      first = load_words(at, step_, present);
      if (length_ > 8)
        second = load_words(at + length_ - 8, step_, present) << (128 - 8 * length_) |
                 blanks_ >> 4 * (length_ - 8) >> 4 * (length_ - 8);
    }
  }

  ShortField bytes_;
  std::size_t step_, length_;
  std::uint64_t zeros_, blanks_, minus_, point_;
  unsigned scale_;
};

}  // namespace dfi::records
