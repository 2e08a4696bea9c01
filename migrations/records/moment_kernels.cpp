// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "migrations/records/kernels.hpp"
#include "migrations/records/number_readers.hpp"

namespace dfi::records {
namespace {

using Layout = Op::Layout;

Layout layout_of(const Form& form) {
  static constexpr std::pair<std::string_view, Layout> layouts[] = {
      {"YYYYMMDD", Layout::ymd},        {"YYMMDD", Layout::short_ymd}, {"CYYMMDD", Layout::century_ymd},
      {"DDMMYYYY", Layout::dmy},        {"DDMMYY", Layout::short_dmy}, {"HHMMSS", Layout::hms},
      {"YYYY-MM-DD", Layout::iso_date}, {"HH:MM:SS", Layout::iso_time}};
  for (const auto& [pattern, layout] : layouts)
    if (pattern == form.pattern) return layout;
  return Layout::other;
}

std::int64_t full_year(int window, std::int64_t year) {
  const int first = window % 100;
  return window - first + year + (year < first ? 100 : 0);
}

/// The date as yyyymmdd, the time as hhmmss; perhaps not a valid one.
std::int64_t read_layout(const Op& op, std::int64_t digits) {
  switch (op.in_layout) {
    case Layout::short_ymd: return full_year(op.window, digits / 10000) * 10000 + digits % 10000;
    case Layout::century_ymd: return 19000000 + digits;
    case Layout::dmy: return digits % 10000 * 10000 + digits / 10000 % 100 * 100 + digits / 1000000;
    case Layout::short_dmy:
      return full_year(op.window, digits % 100) * 10000 + digits / 100 % 100 * 100 + digits / 10000;
    default: return digits;
  }
}

void write_iso_date(std::int64_t date, char* out) {
  const auto value = static_cast<std::uint64_t>(date);
  put_two(out, value / 1000000);
  put_two(out + 2, value / 10000 % 100);
  put_two(out + 5, value / 100 % 100);
  put_two(out + 8, value % 100);
  out[4] = out[7] = '-';
}

void write_iso_time(std::int64_t time, char* out) {
  const auto value = static_cast<std::uint64_t>(time);
  put_two(out, value / 10000);
  put_two(out + 3, value / 100 % 100);
  put_two(out + 6, value % 100);
  out[2] = out[5] = ':';
}

void write_text(const Op& op, std::int64_t moment, char* out) {
  const auto& page = *op.to->page;
  const std::size_t length = op.out_layout == Layout::iso_date ? 10 : 8;
  op.out_layout == Layout::iso_date ? write_iso_date(moment, out) : write_iso_time(moment, out);
  if (page.ebcdic)
    for (std::size_t i = 0; i < length; ++i)
      out[i] = static_cast<char>(page.from_latin1[static_cast<unsigned char>(out[i])]);
  fill(out + length, out + op.to->length, page.blank);
}

template <class Reader>
bool run_moment(const Op& op, const Lane& lane) {
  std::int64_t digits = 0;
  if (!Reader::read(*op.from, in_bytes(op, lane), digits) || digits < 0 || digits >= op.in_limit)
    return run_general(op, lane);
  char* const out = out_bytes(op, lane);
  // Zeros in place of a date are null; those of a time are midnight.
  if (digits == 0 && op.in_layout != Layout::hms) {
    if (!op.zero_is_null || !op.to->nullable) return run_general(op, lane);
    std::memset(out, op.to->page->blank, op.to->length);
    return true;
  }
  const auto moment = read_layout(op, digits);
  if (!(op.in_layout == Layout::hms ? is_time(moment) : is_date(moment))) return run_general(op, lane);
  write_text(op, moment, out);
  return true;
}

}  // namespace

Op::Run moment_kernel(Op& op) {
  if (!op.form || op.to->type != Type::chars || op.to->meaning == Meaning::plain || op.from->scale != 0) return nullptr;
  op.in_layout = layout_of(*op.form);
  op.out_layout = layout_of(*op.target->codec->form);
  const bool date =
      op.in_layout >= Layout::ymd && op.in_layout <= Layout::short_dmy && op.out_layout == Layout::iso_date;
  const bool time = op.in_layout == Layout::hms && op.out_layout == Layout::iso_time;
  if (!date && !time) return nullptr;
  op.in_limit = fast_powers[op.form->pattern.size()];
  const auto reader = find_reader(*op.from);
  if (reader == PackedReader::read) return run_moment<PackedReader>;
  if (reader == ZonedReader::read) return run_moment<ZonedReader>;
  if (reader == BinaryReader::read) return run_moment<BinaryReader>;
  return nullptr;
}

}  // namespace dfi::records
