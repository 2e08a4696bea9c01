// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/number_wide.hpp"

#include <algorithm>

#include "migrations/records/moment.hpp"

#ifdef __x86_64__
#include "migrations/records/number_wide_readers.hpp"

namespace dfi::records {
namespace {

// Writers change units into what they write, and give the records that they take.

/// A digit in each byte, the first lowest, of numbers of up to eight digits.
WIDE_INLINE Eight split_eight(Eight value) {
  auto upper = value * 3518437209u >> 45;  // a ten thousandth
  auto digits = upper | (value - 10000 * upper) << 32;
  upper = (digits * 10486 >> 20) & 0x0000007F0000007Fu;
  digits = upper | (digits - 100 * upper) << 16;
  upper = (digits * 103 >> 10) & 0x000F000F000F000Fu;
  return upper | (digits - 10 * upper) << 8;
}

/// As DigitsWriter: sign, up to eight digits and the point into a field of 4 to 16 bytes.
class WideDigitsWriter {
 public:
  explicit WideDigitsWriter(const Op& op)
      : length_(op.to->length), point_at_(64 - 8 * static_cast<std::size_t>(op.to->scale)), factor_(op.factor) {
    low_ = std::max(op.low, -most / op.factor);
    high_ = std::min(op.high, most / op.factor);
  }
  static bool takes(const Field& field) {
    return field.type == Type::digits && !field.page->ebcdic && field.scale <= 7 && field.length >= 4 &&
           field.length <= 16;
  }
  WIDE_INLINE Bits take(Eight units) const { return within(units, low_, high_); }
  WIDE_INLINE void write(Eight units, char* out, std::size_t step, Bits bits) const {
    const Bits negative = _mm512_movepi64_mask(raw(units));
    const auto digits = split_eight(negate(negative, units) * static_cast<std::uint64_t>(factor_));
    // Leading zeros, but for the last digit before the point.
    const auto mark = digits | std::uint64_t{1} << (point_at_ - 8);
    const auto zeros = (63 - from_raw(_mm512_lzcnt_epi64(raw(mark & (all(0) - mark))))) & 0x38;
    auto low = digits | each_byte * '0', high = all(each_byte * ' ');
    if (point_at_ < 64) {
      const auto decimals = low >> point_at_ << point_at_;
      high = high << 8 | low >> 56;
      low = (low ^ decimals) | std::uint64_t{'.'} << point_at_ | decimals << 8;
    }
    low = low >> zeros | high << 8 << (56 - zeros);
    high = high >> zeros | all(each_byte * ' ') << 8 << (56 - zeros);
    high = choose(negative, high << 8 | low >> 56, high);
    low = choose(negative, low << 8 | '-', low);
    if (length_ < 8) {
      store_halves(out, step, bits, low);
      store_halves(out + length_ - 4, step, bits, low >> 8 * (length_ - 4));
      return;
    }
    store_words(out, step, bits, low);
    const auto behind = 8 * (length_ - 8);  // bits of the second store that `high` has
    if (behind > 0) store_words(out + length_ - 8, step, bits, low >> (behind - 1) >> 1 | high << (64 - behind));
  }

 private:
  static constexpr std::int64_t most = 99'999'999;
  std::size_t length_, point_at_;
  std::int64_t factor_, low_, high_;
};

/// Dates as YYYY-MM-DD and times as HH:MM:SS, from numbers of their digits in that order.
class WideMomentWriter {
 public:
  explicit WideMomentWriter(const Op& op) : is_time_(op.in_layout == Op::Layout::hms) {
    low_ = std::max<std::int64_t>(op.low, is_time_ ? 0 : 1);  // zeros in place of a date may be null
    high_ = std::min(op.high, op.in_limit - 1);
  }
  static bool takes(const Op& op) {
    const auto& pattern = op.target->codec->form->pattern;
    return op.to->type == Type::chars && !op.to->page->ebcdic && op.to->length == pattern.size() &&
           ((op.in_layout == Op::Layout::ymd && pattern == "YYYY-MM-DD") ||
            (op.in_layout == Op::Layout::hms && pattern == "HH:MM:SS"));
  }
  /// As MomentParts, without the 29th of February.
  WIDE_INLINE Bits take(Eight units) const {
    const Bits good = within(units, low_, high_);
    const auto upper = hundredth(units), third = units - 100 * upper;
    const auto first = hundredth(upper), second = upper - 100 * first;
    if (is_time_) return good & below(first, 24) & below(second, 60) & below(third, 60);
    const Eight january = {0, 31, 28, 31, 30, 31, 30, 31}, august = {31, 30, 31, 30, 31, 0, 0, 0};
    const auto days = from_raw(_mm512_permutex2var_epi64(raw(january), raw(second), raw(august)));
    return good & below(first - 1, 9999) & below(second, 13) & below(third - 1, 31) &
           _mm512_cmple_epu64_mask(raw(third), raw(days));
  }
  WIDE_INLINE void write(Eight units, char* out, std::size_t step, Bits bits) const {
    const auto digits = split_eight(units) | each_byte * '0';
    if (is_time_) {
      const auto colons = std::uint64_t{':'} << 16 | std::uint64_t{':'} << 40;
      const auto characters = (digits >> 16 & 0xFFFFu) | (digits >> 32 & 0xFFFFu) << 24 | digits >> 48 << 48 | colons;
      return store_words(out, step, bits, characters);
    }
    const auto dashes = std::uint64_t{'-'} << 32 | std::uint64_t{'-'} << 56;
    const auto year = (digits & 0xFFFFFFFFu) | (digits >> 32 & 0xFFFFu) << 40 | dashes;
    store_words(out, step, bits, year);
    store_words(out + 2, step, bits, year >> 16 | digits >> 48 << 48);
  }

 private:
  /// Of numbers of up to eight digits.
  WIDE_INLINE static Eight hundredth(Eight value) { return value * 1374389535u >> 37; }

  bool is_time_;
  std::int64_t low_, high_;
};

/// Fewer records are faster one by one (measured: a register costs as much as four to six of them).
constexpr std::size_t fewest = 5;

WIDE_INLINE Bits present(std::size_t count, std::size_t first) {
  return static_cast<Bits>(count - first >= 8 ? 0xFF : (1 << (count - first)) - 1);
}

WIDE_INLINE void note(Eight units, Int128* numbers, std::size_t count) {
  alignas(64) std::int64_t each[8];
  _mm512_store_si512(each, raw(units));
  for (std::size_t i = 0; i < 8 && i < count; ++i) numbers[i] = each[i];
}

template <class Reader, class Writer>
WIDE Mask convert_eights(const Op& op, const Lane& lane) {
  const auto in_step = lane.lengths[op.source.buffer], out_step = lane.lengths[op.level];
  if (lane.count < fewest || !Reader::takes(*op.from, in_step)) return first_bits(lane.count);
  const Reader reader(*op.from, in_step);
  const Writer writer(op);
  const char* in = lane.first->read[op.source.buffer] + op.from->offset;
  char* out = lane.first->write[op.level] + op.to->offset;
  auto* const numbers = op.summand ? lane.pending[*op.summand].data() : nullptr;
  Mask left = 0;
  for (std::size_t first = 0; first < lane.count; first += 8, in += 8 * in_step, out += 8 * out_step) {
    const auto asked = present(lane.count, first);
    Eight units;
    const Bits read = asked & reader.read(in, asked, units);
    const Bits taken = read & writer.take(units);
    writer.write(units, out, out_step, taken);
    if (numbers) note(units, numbers + first, lane.count - first);
    left |= static_cast<Mask>(asked & ~taken) << first;
  }
  return left;
}

template <class Reader>
WIDE Mask read_eights(const Field& field, const char* at, std::size_t step, std::size_t count, Int128* numbers) {
  if (count < fewest || !Reader::takes(field, step)) return first_bits(count);
  const Reader reader(field, step);
  Mask left = 0;
  for (std::size_t first = 0; first < count; first += 8, at += 8 * step) {
    const auto asked = present(count, first);
    Eight units;
    left |= static_cast<Mask>(asked & ~reader.read(at, asked, units)) << first;
    note(units, numbers + first, count - first);
  }
  return left;
}

template <class Writer>
Op::Run with_reader(Type from) {
  switch (from) {
    case Type::packed: return convert_eights<WidePacked, Writer>;
    case Type::zoned: return convert_eights<WideZoned, Writer>;
    case Type::binary: return convert_eights<WideBinary, Writer>;
    default: return nullptr;
  }
}

}  // namespace

bool has_wide_numbers() {
  static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd") &&
                          __builtin_cpu_supports("avx512vl");
  return has;
}

Op::Run wide_number(const Op& op) {
  return has_wide_numbers() && WideDigitsWriter::takes(*op.to) ? with_reader<WideDigitsWriter>(op.from->type) : nullptr;
}

Op::Run wide_moment(const Op& op) {
  return has_wide_numbers() && WideMomentWriter::takes(op) ? with_reader<WideMomentWriter>(op.from->type) : nullptr;
}

Mask read_wide_numbers(const Field& field, const char* first, std::size_t step, std::size_t count, Int128* units) {
  if (!has_wide_numbers()) return first_bits(count);
  switch (field.type) {
    case Type::packed: return read_eights<WidePacked>(field, first, step, count, units);
    case Type::zoned: return read_eights<WideZoned>(field, first, step, count, units);
    case Type::binary: return read_eights<WideBinary>(field, first, step, count, units);
    default: return read_eights<WideDigits>(field, first, step, count, units);
  }
}

}  // namespace dfi::records

#else

namespace dfi::records {
bool has_wide_numbers() { return false; }
Op::Run wide_number(const Op&) { return nullptr; }
Op::Run wide_moment(const Op&) { return nullptr; }
Mask read_wide_numbers(const Field&, const char*, std::size_t, std::size_t count, Int128*) { return first_bits(count); }
}  // namespace dfi::records

#endif
