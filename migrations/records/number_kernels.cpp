// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "migrations/records/kernels.hpp"
#include "migrations/records/number_readers.hpp"
#include "migrations/records/number_writers.hpp"

namespace dfi::records {
namespace {

int count_digits(std::uint64_t value) {
  // log10 by way of log2; the table decides between two.
  const int bits = 64 - __builtin_clzll(value | 1);
  const int digits = bits * 1233 >> 12;
  return digits + (value >= static_cast<std::uint64_t>(fast_powers[static_cast<std::size_t>(digits)]) ? 1 : 0);
}

/// Writes the digits that end before `end`, exactly `count` of them.
inline void put_digits(std::uint64_t value, int count, char* end) {
  for (; count > 1; count -= 2, value /= 100) put_two(end -= 2, value % 100);
  if (count > 0) *--end = static_cast<char>('0' + value % 10);
}

struct ShortText {
  std::uint64_t bytes;  // the first lowest, blanks behind the digits
  std::size_t length;
};

/// A number of up to eight digits.
inline ShortText short_text(std::uint64_t value) {
  // Divided side by side: into fours, pairs and digits, the first lowest.
  std::uint64_t digits = value / 10000 | value % 10000 << 32;
  auto upper = (digits * 10486 >> 20) & 0x0000007F0000007Fu;
  digits = upper | (digits - 100 * upper) << 16;
  upper = (digits * 103 >> 10) & 0x000F000F000F000Fu;
  digits = upper | (digits - 10 * upper) << 8;
  const auto zeros = static_cast<unsigned>(__builtin_ctzll(digits | std::uint64_t{1} << 56)) & ~7u;
  const auto ascii = (digits | 0x3030303030303030u) >> zeros;
  return {zeros == 0 ? ascii : ascii | 0x2020202020202020u << (64 - zeros), 8 - zeros / 8};
}

inline void store(char* out, std::uint64_t bytes) {
  bytes = little_endian(bytes);
  std::memcpy(out, &bytes, sizeof bytes);
}

/// Digits and blanks into a field of 4 to 16 bytes: two stores that overlap.
inline void put_field(const ShortText& text, char* out, std::size_t length) {
  if (length >= 8) {
    store(out + length - 8, 0x2020202020202020u);
    store(out, text.bytes);
    return;
  }
  store_four(out, static_cast<std::uint32_t>(text.bytes));
  store_four(out + length - 4, static_cast<std::uint32_t>(text.bytes >> 8 * (length - 4)));
}

/// Any sign, scale, length and page. The number fits.
[[gnu::noinline]] void write_digits(const Op& op, std::int64_t units, char* out) {
  auto value = static_cast<std::uint64_t>(units < 0 ? -units : units);
  const auto scale = static_cast<std::size_t>(op.to->scale);
  const auto length = op.to->length;
  std::uint64_t decimals = 0;
  if (scale > 0) {
    const auto factor = static_cast<std::uint64_t>(fast_powers[scale]);
    decimals = value % factor;
    value /= factor;
  }
  const std::size_t sign = units < 0 ? 1 : 0;
  std::size_t used = sign;
  fill(out, out + length, ' ');
  if (value < 100'000'000 && sign + 8 <= length) {
    const auto text = short_text(value);
    store(out + sign, text.bytes);
    used += text.length;
  } else {
    const int whole = value == 0 ? 1 : count_digits(value);
    used += static_cast<std::size_t>(whole);
    put_digits(value, whole, out + used);
  }
  if (units < 0) *out = '-';
  if (scale > 0) {
    out[used] = '.';
    put_digits(decimals, static_cast<int>(scale), out + used + scale + 1);
  }
  if (op.to->page->ebcdic)
    for (std::size_t i = 0; i < length; ++i)
      out[i] = static_cast<char>(op.to->page->from_latin1[static_cast<unsigned char>(out[i])]);
}

struct DigitsWriter {
  [[gnu::always_inline]] static void write(const Op& op, std::int64_t units, char* out) {
    const auto& to = *op.to;
    const bool is_short = units >= 0 && units < 100'000'000 && to.scale == 0;
    if (is_short && to.length >= 4 && to.length <= 16 && !to.page->ebcdic)
      put_field(short_text(static_cast<std::uint64_t>(units)), out, to.length);
    else
      write_digits(op, units, out);
  }
};

template <class Reader, class Writer>
bool run_number(const Op& op, const Lane& lane) {
  std::int64_t units = 0;
  if (!Reader::read(*op.from, in_bytes(op, lane), units)) return run_general(op, lane);
  if (units < op.low || units > op.high) return run_general(op, lane);
  Writer::write(op, units * op.factor, out_bytes(op, lane));
  return true;
}

template <class Reader>
Op::Run with_writer(Type to) {
  switch (to) {
    case Type::packed: return run_number<Reader, PackedWriter>;
    case Type::zoned: return run_number<Reader, ZonedWriter>;
    case Type::binary: return run_number<Reader, BinaryWriter>;
    default: return run_number<Reader, DigitsWriter>;
  }
}

bool is_decimal(Type type) {
  return type == Type::packed || type == Type::zoned || type == Type::binary || type == Type::digits;
}

/// 10^digits, as far as 64 bits are enough.
std::int64_t limit(int digits) { return fast_powers[static_cast<std::size_t>(std::clamp(digits, 0, fast_digits))]; }

/// Numbers from `low` to `high` fit, in units of the field.
struct Range {
  std::int64_t low, high;
};

Range range_of(const Field& field) {
  constexpr std::int64_t spans[] = {0, 0x80, 0x8000, 0, 0x80000000, 0, 0, 0, fast_powers[fast_digits]};
  Range range{};
  if (field.type == Type::binary) {
    range.high = spans[field.length] * (field.is_signed || field.length == 8 ? 1 : 2) - 1;
    range.low = -range.high;
  } else {
    range.high = limit(field.digits) - 1;
    range.low = -range.high;
  }
  if (field.type == Type::digits) {
    // At least one digit before the point, and the sign.
    const auto length = static_cast<int>(std::min<std::size_t>(field.length, 2 * most_digits));
    const int whole = length - (field.scale > 0 ? field.scale + 1 : 0);
    range.high = whole < 1 ? -1 : std::min(range.high, limit(whole + field.scale) - 1);
    range.low = whole < 2 ? 0 : std::max(range.low, 1 - limit(whole - 1 + field.scale));
  }
  if (!field.is_signed) range.low = 0;
  return range;
}

}  // namespace

Read64 find_reader(const Field& field) {
  if (field.type == Type::binary) return BinaryReader::read;
  if (!is_decimal(field.type) || field.scale > fast_digits) return nullptr;
  if (field.type == Type::digits) return DigitsReader::read;
  if (field.digits > fast_digits) return nullptr;
  return field.type == Type::packed ? PackedReader::read : ZonedReader::read;
}

Op::Run number_kernel(Op& op) {
  const auto shift = op.to->scale - op.from->scale;
  if (!is_decimal(op.from->type) || !is_decimal(op.to->type) || op.to->meaning != Meaning::plain) return nullptr;
  if (!find_reader(*op.from) || shift < 0 || op.to->scale > fast_digits) return nullptr;
  if (op.from->type != Type::binary && op.from->type != Type::digits && op.from->digits > fast_digits) return nullptr;
  op.factor = fast_powers[static_cast<std::size_t>(shift)];
  const auto most = limit(fast_digits - shift) - 1;
  const auto range = range_of(*op.to);
  op.low = std::max(-most, range.low / op.factor);
  op.high = std::min(most, range.high < 0 ? -1 : range.high / op.factor);
  switch (op.from->type) {
    case Type::packed: return with_writer<PackedReader>(op.to->type);
    case Type::zoned: return with_writer<ZonedReader>(op.to->type);
    case Type::binary: return with_writer<BinaryReader>(op.to->type);
    default: return with_writer<DigitsReader>(op.to->type);
  }
}

}  // namespace dfi::records
