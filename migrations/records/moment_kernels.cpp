// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>

#include "migrations/records/kernels.hpp"
#include "migrations/records/moment.hpp"
#include "migrations/records/number_readers.hpp"
#include "migrations/records/number_wide.hpp"
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
std::int64_t from_layout(Layout layout, int window, std::int64_t digits) {
  switch (layout) {
    case Layout::short_ymd: return full_year(window, digits / 10000) * 10000 + digits % 10000;
    case Layout::century_ymd: return 19000000 + digits;
    case Layout::dmy: return digits % 10000 * 10000 + digits / 10000 % 100 * 100 + digits / 1000000;
    case Layout::short_dmy: return full_year(window, digits % 100) * 10000 + digits / 100 % 100 * 100 + digits / 10000;
    default: return digits;
  }
}

/// Years the target has no place for are left out before.
std::int64_t to_layout(Layout layout, std::int64_t moment) {
  switch (layout) {
    case Layout::short_ymd: return moment % 1000000;
    case Layout::century_ymd: return moment - 19000000;
    case Layout::dmy: return moment % 100 * 1000000 + moment / 100 % 100 * 10000 + moment / 10000;
    case Layout::short_dmy: return moment % 100 * 10000 + moment / 100 % 100 * 100 + moment / 10000 % 100;
    default: return moment;
  }
}

/// Characters of a form: its digits and separators, then blanks.
class CharsReader {
 public:
  explicit CharsReader(const Op& op)
      : pattern_(op.form->pattern),
        length_(op.from->length),
        zero_(op.from->page->ebcdic ? 0xF0 : 0x30),
        page_(*op.from->page) {}
  bool read(const char* bytes, std::int64_t& digits) const {
    const auto* const at = reinterpret_cast<const unsigned char*>(bytes);
    digits = 0;
    for (std::size_t i = 0; i < pattern_.size(); ++i) {
      const unsigned digit = at[i] - zero_;
      if (is_separator(pattern_[i]) ? at[i] != character(pattern_[i]) : digit > 9) return false;
      if (!is_separator(pattern_[i])) digits = digits * 10 + digit;
    }
    return std::all_of(at + pattern_.size(), at + length_, [&](auto byte) { return byte == page_.blank; });
  }

 private:
  unsigned char character(char ascii) const {
    const auto byte = static_cast<unsigned char>(ascii);
    return page_.ebcdic ? page_.from_latin1[byte] : byte;
  }

  std::string_view pattern_;
  std::size_t length_;
  unsigned zero_;
  const CodePage& page_;
};

template <class Reader>
class NumberReader {
 public:
  explicit NumberReader(const Op& op) : reader_(*op.from), limit_(op.in_limit) {}
  bool read(const char* bytes, std::int64_t& digits) const {
    return reader_.read(bytes, digits) && digits >= 0 && digits < limit_;
  }

 private:
  Reader reader_;
  std::int64_t limit_;
};

class CharsWriter {
 public:
  explicit CharsWriter(const Op& op)
      : pattern_(op.target->codec->form->pattern), length_(op.to->length), layout_(op.out_layout), page_(*op.to->page) {
    iso_date_ = pattern_ == "YYYY-MM-DD" && !page_.ebcdic;
    iso_time_ = pattern_ == "HH:MM:SS" && !page_.ebcdic;
  }
  [[gnu::always_inline]] void write(std::int64_t moment, char* out) const {
    const auto digits = split_digits(static_cast<std::uint64_t>(moment)) | each_byte * '0';
    if (iso_date_) {
      const auto dashes = std::uint64_t{'-'} << 32 | std::uint64_t{'-'} << 56;
      store(out, (digits & 0xFFFFFFFFu) | (digits >> 32 & 0xFFFFu) << 40 | dashes);
      put_two(out + 8, digits >> 48);
    } else if (iso_time_) {
      const auto colons = std::uint64_t{':'} << 16 | std::uint64_t{':'} << 40;
      store(out, (digits >> 16 & 0xFFFFu) | (digits >> 32 & 0xFFFFu) << 24 | digits >> 48 << 48 | colons);
    } else {
      write_any(static_cast<std::uint64_t>(to_layout(layout_, moment)), out);
    }
    if (length_ > pattern_.size()) fill(out + pattern_.size(), out + length_, page_.blank);
  }
  void write_null(char* out) const { std::memset(out, page_.blank, length_); }

 private:
  static void put_two(char* out, std::uint64_t characters) {
    const auto two = little_endian(static_cast<std::uint16_t>(characters));
    std::memcpy(out, &two, sizeof two);
  }
  [[gnu::noinline]] void write_any(std::uint64_t digits, char* out) const {
    for (auto i = pattern_.size(); i-- > 0;) {
      out[i] = is_separator(pattern_[i]) ? pattern_[i] : static_cast<char>('0' + digits % 10);
      if (!is_separator(pattern_[i])) digits /= 10;
    }
    if (!page_.ebcdic) return;
    for (std::size_t i = 0; i < pattern_.size(); ++i)
      out[i] = static_cast<char>(page_.from_latin1[static_cast<unsigned char>(out[i])]);
  }

  std::string_view pattern_;
  std::size_t length_;
  Layout layout_;
  const CodePage& page_;
  bool iso_date_, iso_time_;
};

template <class Writer>
class NumberWriter {
 public:
  explicit NumberWriter(const Op& op) : writer_(*op.to), layout_(op.out_layout) {}
  void write(std::int64_t moment, char* out) const { writer_.write(to_layout(layout_, moment), out); }
  void write_null(char* out) const { writer_.write(0, out); }

 private:
  Writer writer_;
  Layout layout_;
};

template <class Reader, class Writer>
class Moment {
 public:
  explicit Moment(const Op& op)
      : reader_(op),
        writer_(op),
        layout_(op.in_layout),
        window_(op.window),
        is_time_(op.in_layout == Layout::hms),
        takes_null_(op.takes_null),
        low_(op.low),
        high_(op.high) {}
  [[gnu::always_inline]] bool convert(const char* in, char* out) const {
    std::int64_t digits = 0;
    if (!reader_.read(in, digits)) return false;
    // Zeros in place of a date are null; those of a time are midnight.
    if (digits == 0 && !is_time_) {
      if (takes_null_) writer_.write_null(out);
      return takes_null_;
    }
    const auto moment = from_layout(layout_, window_, digits);
    if (moment < low_ || moment > high_) return false;
    const MomentParts parts(moment);
    if (!(is_time_ ? parts.is_time() : parts.is_date())) return false;
    writer_.write(moment, out);
    return true;
  }

 private:
  Reader reader_;
  Writer writer_;
  Layout layout_;
  int window_;
  bool is_time_, takes_null_;
  std::int64_t low_, high_;
};

template <class Reader>
Op::Run with_writer(Type to) {
  switch (to) {
    case Type::chars: return run_kernel<Moment<Reader, CharsWriter>>;
    case Type::packed: return run_kernel<Moment<Reader, NumberWriter<PackedWriter>>>;
    case Type::zoned: return run_kernel<Moment<Reader, NumberWriter<ZonedWriter>>>;
    case Type::binary: return run_kernel<Moment<Reader, NumberWriter<BinaryWriter>>>;
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
  if (!find_reader(*op.from)) return nullptr;
  op.wide = wide_moment(op);
  switch (op.from->type) {
    case Type::packed: return with_writer<NumberReader<PackedReader>>(op.to->type);
    case Type::zoned: return with_writer<NumberReader<ZonedReader>>(op.to->type);
    case Type::binary: return with_writer<NumberReader<BinaryReader>>(op.to->type);
    default: return nullptr;
  }
}

}  // namespace dfi::records
