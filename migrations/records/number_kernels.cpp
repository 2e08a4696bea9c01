// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "migrations/records/kernels.hpp"
#include "migrations/records/number_readers.hpp"
#include "migrations/records/number_wide.hpp"
#include "migrations/records/number_writers.hpp"

namespace dfi::records {
namespace {

__extension__ typedef unsigned __int128 Sixteen;  // bytes of a text, the first lowest
constexpr std::uint64_t eight_blanks = each_byte * ' ';

/// Writes the digits that end before `end`; how many.
inline std::size_t put_digits(std::uint64_t value, std::size_t least, char* end) {
  std::size_t count = 0;
  for (; value != 0 || count < least; value /= 10, ++count) *--end = static_cast<char>('0' + value % 10);
  return count;
}

class DigitsWriter {
 public:
  explicit DigitsWriter(const Field& field)
      : length_(field.length),
        scale_(static_cast<unsigned>(field.scale)),
        factor_(static_cast<std::uint64_t>(fast_powers[scale_])),
        ebcdic_(field.page->ebcdic ? field.page->from_latin1.data() : nullptr) {}

  [[gnu::always_inline]] void write(std::int64_t units, char* out) const {
    const auto value = static_cast<std::uint64_t>(units < 0 ? -units : units);
    // Sign, eight digits and the point are less than sixteen bytes.
    if (value >= 100'000'000 || scale_ > 7 || length_ < 4 || length_ > 16 || ebcdic_) return write_any(units, out);
    const auto digits = split_digits(value);
    const auto before_point = 64 - 8 * scale_;  // bits
    // Leading zeros, but for the last digit before the point.
    const auto zeros = static_cast<unsigned>(__builtin_ctzll(digits | std::uint64_t{1} << (before_point - 8))) & ~7u;
    auto low = digits | each_byte * '0', high = eight_blanks;
    if (scale_ != 0) {
      const auto decimals = low >> before_point << before_point;
      high = high << 8 | low >> 56;
      low = (low ^ decimals) | std::uint64_t{'.'} << before_point | decimals << 8;
    }
    low = low >> zeros | high << 1 << (63 - zeros);
    high = high >> zeros | eight_blanks << 1 << (63 - zeros);
    if (units < 0) {
      high = high << 8 | low >> 56;
      low = low << 8 | '-';
    }
    put(low, high, out);
  }

 private:
  /// Into a field of 4 to 16 bytes: two stores that overlap.
  [[gnu::always_inline]] void put(std::uint64_t low, std::uint64_t high, char* out) const {
    if (length_ >= 8) {
      const auto both = Sixteen{high} << 64 | low;
      store(out + length_ - 8, static_cast<std::uint64_t>(both >> 8 * (length_ - 8)));
      store(out, low);
    } else {
      store_four(out, static_cast<std::uint32_t>(low));
      store_four(out + length_ - 4, static_cast<std::uint32_t>(low >> 8 * (length_ - 4)));
    }
  }

  /// Any sign, scale, length and page.
  [[gnu::noinline]] void write_any(std::int64_t units, char* out) const {
    const auto value = static_cast<std::uint64_t>(units < 0 ? -units : units);
    char digits[2 * fast_digits];
    const auto end = digits + sizeof digits;
    auto used = put_digits(value % factor_, scale_, end);
    if (scale_ > 0) end[-static_cast<std::ptrdiff_t>(++used)] = '.';
    used += put_digits(value / factor_, 1, end - used);
    if (units < 0) end[-static_cast<std::ptrdiff_t>(++used)] = '-';
    std::memcpy(out, end - used, used);
    fill(out + used, out + length_, ' ');
    if (!ebcdic_) return;
    for (std::size_t i = 0; i < length_; ++i) out[i] = static_cast<char>(ebcdic_[static_cast<unsigned char>(out[i])]);
  }

  std::size_t length_;
  unsigned scale_;
  std::uint64_t factor_;
  const unsigned char* ebcdic_;  // bytes of ASCII in the field's page
};

template <class Reader, class Writer>
Mask run_number(const Op& op, const Lane& lane) {
  // Variables of its own, which no byte that is written can change.
  const Reader reader(*op.from);
  const Writer writer(*op.to);
  const auto low = op.low, high = op.high, factor = op.factor;
  const auto in_step = lane.lengths[op.source.buffer], out_step = lane.lengths[op.level];
  const char* const first = lane.first->read[op.source.buffer] + op.from->offset;
  char* const out = lane.first->write[op.level] + op.to->offset;
  Numbers nobody_asks;
  auto* const numbers = op.summand ? lane.pending[*op.summand].data() : nobody_asks.data();
  Mask refused = 0;
  for (auto left = left_by_wide(op, lane); left != 0; left &= left - 1) {
    const auto record = lowest(left);
    const char* const in = first + record * in_step;
    std::int64_t units = 0;
    if (reader.read(in, units) && units >= low && units <= high) {
      writer.write(units * factor, out + record * out_step);
      numbers[record] = units;
    } else if (run_general(op, lane, record)) {
      numbers[record] = number_of(op.source, in);
    } else {
      refused |= bit(record);
    }
  }
  return refused;
}

template <class Reader>
Mask read_numbers(const Field& field, const char* first, std::size_t step, std::size_t count, Int128* units) {
  const Reader reader(field);
  Mask others = 0;
  for (auto left = read_wide_numbers(field, first, step, count, units); left != 0; left &= left - 1) {
    const auto record = lowest(left);
    std::int64_t number = 0;
    if (!reader.read(first + record * step, number)) others |= bit(record);
    units[record] = number;
  }
  return others;
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

ReadNumbers find_reader(const Field& field) {
  if (field.type == Type::binary) return read_numbers<BinaryReader>;
  if (!is_decimal(field.type) || field.scale > fast_digits) return nullptr;
  if (field.type == Type::digits) return read_numbers<DigitsReader>;
  if (field.digits > fast_digits) return nullptr;
  return field.type == Type::packed ? read_numbers<PackedReader> : read_numbers<ZonedReader>;
}

Op::Run number_kernel(Op& op) {
  const auto shift = op.to->scale - op.from->scale;
  if (!is_decimal(op.from->type) || !is_decimal(op.to->type) || op.to->meaning != Meaning::plain) return nullptr;
  if (!find_reader(*op.from) || shift < 0 || op.to->scale > fast_digits) return nullptr;
  op.factor = fast_powers[static_cast<std::size_t>(shift)];
  const auto most = limit(fast_digits - shift) - 1;
  const auto range = range_of(*op.to);
  op.low = std::max(-most, range.low / op.factor);
  op.high = std::min(most, range.high < 0 ? -1 : range.high / op.factor);
  op.wide = wide_number(op);
  switch (op.from->type) {
    case Type::packed: return with_writer<PackedReader>(op.to->type);
    case Type::zoned: return with_writer<ZonedReader>(op.to->type);
    case Type::binary: return with_writer<BinaryReader>(op.to->type);
    default: return with_writer<DigitsReader>(op.to->type);
  }
}

}  // namespace dfi::records
