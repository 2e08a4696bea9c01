// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "migrations/records/kernels.hpp"
#include "migrations/records/number_readers.hpp"
#include "migrations/records/number_writers.hpp"

namespace dfi::records {
namespace {

using Layout = Op::Layout;

bool is_separator(char c) { return c == '-' || c == '.' || c == ':'; }

/// The order of the digits, whatever stands between them.
Layout layout_of(const Form& form) {
  static constexpr std::pair<std::string_view, Layout> layouts[] = {
      {"YYYYMMDD", Layout::ymd},   {"YYMMDD", Layout::short_ymd}, {"CYYMMDD", Layout::century_ymd},
      {"DDMMYYYY", Layout::dmy},   {"DDMMYY", Layout::short_dmy}, {"HHMMSS", Layout::hms},
      {"YYYY-MM-DD", Layout::ymd}, {"DD.MM.YYYY", Layout::dmy},   {"HH:MM:SS", Layout::hms},
      {"HH.MM.SS", Layout::hms}};
  for (const auto& [pattern, layout] : layouts)
    if (pattern == form.pattern) return layout;
  return Layout::other;
}

std::int64_t full_year(int window, std::int64_t year) {
  const int first = window % 100;
  return window - first + year + (year < first ? 100 : 0);
}

/// The date as yyyymmdd, the time as hhmmss; perhaps not a valid one.
std::int64_t from_layout(const Op& op, std::int64_t digits) {
  switch (op.in_layout) {
    case Layout::short_ymd: return full_year(op.window, digits / 10000) * 10000 + digits % 10000;
    case Layout::century_ymd: return 19000000 + digits;
    case Layout::dmy: return digits % 10000 * 10000 + digits / 10000 % 100 * 100 + digits / 1000000;
    case Layout::short_dmy:
      return full_year(op.window, digits % 100) * 10000 + digits / 100 % 100 * 100 + digits / 10000;
    default: return digits;
  }
}

/// Years the target has no place for are left out before.
std::int64_t to_layout(const Op& op, std::int64_t moment) {
  switch (op.out_layout) {
    case Layout::short_ymd: return moment % 1000000;
    case Layout::century_ymd: return moment - 19000000;
    case Layout::dmy: return moment % 100 * 1000000 + moment / 100 % 100 * 10000 + moment / 10000;
    case Layout::short_dmy: return moment % 100 * 10000 + moment / 100 % 100 * 100 + moment / 10000 % 100;
    default: return moment;
  }
}

/// Characters of a form: its digits and separators, then blanks.
struct CharsReader {
  static bool read(const Op& op, const char* bytes, std::int64_t& digits) {
    const auto& field = *op.from;
    const auto& pattern = op.form->pattern;
    const auto* const at = reinterpret_cast<const unsigned char*>(bytes);
    const unsigned zero = field.page->ebcdic ? 0xF0 : 0x30;
    digits = 0;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      const unsigned digit = at[i] - zero;
      if (is_separator(pattern[i]) ? at[i] != character(field, pattern[i]) : digit > 9) return false;
      if (!is_separator(pattern[i])) digits = digits * 10 + digit;
    }
    return std::all_of(at + pattern.size(), at + field.length, [&](auto byte) { return byte == field.page->blank; });
  }

  static unsigned char character(const Field& field, char ascii) {
    return field.page->ebcdic ? field.page->from_latin1[static_cast<unsigned char>(ascii)]
                              : static_cast<unsigned char>(ascii);
  }
};

template <class Reader>
struct NumberReader {
  static bool read(const Op& op, const char* bytes, std::int64_t& digits) {
    return Reader::read(*op.from, bytes, digits) && digits >= 0 && digits < op.in_limit;
  }
};

struct CharsWriter {
  static void write(const Op& op, std::int64_t digits, char* out) {
    const auto& pattern = op.target->codec->form->pattern;
    auto value = static_cast<std::uint64_t>(digits);
    if (pattern == "YYYY-MM-DD") {
      put_two(out, value / 1000000);
      put_two(out + 2, value / 10000 % 100);
      put_two(out + 5, value / 100 % 100);
      put_two(out + 8, value % 100);
      out[4] = out[7] = '-';
    } else if (pattern == "HH:MM:SS") {
      put_two(out, value / 10000);
      put_two(out + 3, value / 100 % 100);
      put_two(out + 6, value % 100);
      out[2] = out[5] = ':';
    } else {
      for (auto i = pattern.size(); i-- > 0;) {
        out[i] = is_separator(pattern[i]) ? pattern[i] : static_cast<char>('0' + value % 10);
        if (!is_separator(pattern[i])) value /= 10;
      }
    }
    if (op.to->page->ebcdic)
      for (std::size_t i = 0; i < pattern.size(); ++i)
        out[i] = static_cast<char>(op.to->page->from_latin1[static_cast<unsigned char>(out[i])]);
    fill(out + pattern.size(), out + op.to->length, op.to->page->blank);
  }
  static void write_null(const Op& op, char* out) { std::memset(out, op.to->page->blank, op.to->length); }
};

template <class Writer>
struct NumberWriter {
  static void write(const Op& op, std::int64_t digits, char* out) { Writer::write(op, digits, out); }
  static void write_null(const Op& op, char* out) { Writer::write(op, 0, out); }
};

template <class Reader, class Writer>
bool run_moment(const Op& op, const Lane& lane) {
  std::int64_t digits = 0;
  if (!Reader::read(op, in_bytes(op, lane), digits)) return run_general(op, lane);
  const bool is_hms = op.in_layout == Layout::hms;
  // Zeros in place of a date are null; those of a time are midnight.
  if (digits == 0 && !is_hms) {
    if (!op.takes_null) return run_general(op, lane);
    Writer::write_null(op, out_bytes(op, lane));
    return true;
  }
  const auto moment = from_layout(op, digits);
  const bool fits = moment >= op.low && moment <= op.high;
  if (!fits || !(is_hms ? is_time(moment) : is_date(moment))) return run_general(op, lane);
  Writer::write(op, to_layout(op, moment), out_bytes(op, lane));
  return true;
}

template <class Reader>
Op::Run with_writer(Type to) {
  switch (to) {
    case Type::chars: return run_moment<Reader, CharsWriter>;
    case Type::packed: return run_moment<Reader, NumberWriter<PackedWriter>>;
    case Type::zoned: return run_moment<Reader, NumberWriter<ZonedWriter>>;
    case Type::binary: return run_moment<Reader, NumberWriter<BinaryWriter>>;
    default: return nullptr;
  }
}

void set_years(Op& op) {
  const auto set = [&](std::int64_t first, std::int64_t span) {
    op.low = first * 10000;
    op.high = (first + span) * 10000 - 1;
  };
  if (op.out_layout == Layout::century_ymd)
    set(1900, 1000);
  else if (op.out_layout == Layout::short_ymd || op.out_layout == Layout::short_dmy)
    set(op.to->window, 100);
  else
    set(0, 10000);
}

}  // namespace

Op::Run moment_kernel(Op& op) {
  if (op.to->meaning == Meaning::plain || op.from->scale != 0 || op.to->scale != 0) return nullptr;
  op.in_layout = layout_of(*op.form);
  op.out_layout = layout_of(*op.target->codec->form);
  if (op.in_layout == Layout::other || op.out_layout == Layout::other) return nullptr;
  if ((op.in_layout == Layout::hms) != (op.out_layout == Layout::hms)) return nullptr;
  op.in_limit = fast_powers[std::min<std::size_t>(op.form->pattern.size(), fast_digits)];
  set_years(op);
  if (op.from->type == Type::chars && op.from->length >= op.form->pattern.size())
    return with_writer<CharsReader>(op.to->type);
  const auto reader = find_reader(*op.from);
  if (reader == PackedReader::read) return with_writer<NumberReader<PackedReader>>(op.to->type);
  if (reader == ZonedReader::read) return with_writer<NumberReader<ZonedReader>>(op.to->type);
  if (reader == BinaryReader::read) return with_writer<NumberReader<BinaryReader>>(op.to->type);
  return nullptr;
}

}  // namespace dfi::records
