// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/moment.hpp"

#include <array>

namespace dfi::records {
namespace {

constexpr std::array<Form, 14> forms = {{
    {"YYYYMMDD", Meaning::date, true},
    {"YYMMDD", Meaning::date, true, true},
    {"CYYMMDD", Meaning::date, true, true},
    {"DDMMYY", Meaning::date, true, true},
    {"DDMMYYYY", Meaning::date, true},
    {"YYYY-MM-DD", Meaning::date, false},
    {"DD.MM.YYYY", Meaning::date, false},
    {"HHMMSS", Meaning::time, true},
    {"HHMM", Meaning::time, true},
    {"HH:MM:SS", Meaning::time, false},
    {"HH.MM.SS", Meaning::time, false},
    {"YYYYMMDDHHMMSS", Meaning::timestamp, true},
    {"YYYY-MM-DDTHH:MM:SS", Meaning::timestamp, false},
    {"YYYY-MM-DD-HH.MM.SS.NNNNNN", Meaning::timestamp, false},
}};

enum class Part : std::uint8_t { year, month, day, century, hour, minute, second, micros, none };
constexpr std::size_t part_count = 8;
using Parts = std::array<int, part_count>;

/// Which part the character at `at` belongs to. M is the month unless an hour stands before it.
Part part_of(std::string_view pattern, std::size_t at) {
  switch (pattern[at]) {
    case 'Y': return Part::year;
    case 'M': return pattern.substr(0, at).find('H') == pattern.npos ? Part::month : Part::minute;
    case 'D': return Part::day;
    case 'C': return Part::century;
    case 'H': return Part::hour;
    case 'S': return Part::second;
    case 'N': return Part::micros;
    default: return Part::none;
  }
}

int& value(Parts& parts, Part part) { return parts[static_cast<std::size_t>(part)]; }

/// The year that two digits mean.
int full_year(const Form& form, int window, Parts& parts) {
  const int year = value(parts, Part::year);
  if (!form.has_short_year) return year;
  if (form.pattern[0] == 'C') return 1900 + 100 * value(parts, Part::century) + year;
  const int first = window % 100;
  return window - first + year + (year < first ? 100 : 0);
}

}  // namespace

const Form* find_form(std::string_view pattern) {
  for (const auto& form : forms)
    if (form.pattern == pattern) return &form;
  return nullptr;
}

const Form& iso_form(Meaning meaning) {
  return *find_form(meaning == Meaning::date   ? "YYYY-MM-DD"
                    : meaning == Meaning::time ? "HH:MM:SS"
                                               : "YYYY-MM-DDTHH:MM:SS");
}

std::optional<Int128> parse_moment(const Form& form, int window, std::string_view text) {
  Parts parts{};
  if (text.size() != form.pattern.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto part = part_of(form.pattern, i);
    if (part == Part::none) {
      if (text[i] != form.pattern[i]) return std::nullopt;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value(parts, part) = value(parts, part) * 10 + (text[i] - '0');
  }
  const std::int64_t time =
      (value(parts, Part::hour) * 100 + value(parts, Part::minute)) * 100 + value(parts, Part::second);
  const std::int64_t date =
      (full_year(form, window, parts) * 100 + value(parts, Part::month)) * std::int64_t{100} + value(parts, Part::day);
  if (form.meaning != Meaning::date && !MomentParts(time).is_time()) return std::nullopt;
  if (form.meaning != Meaning::time && !MomentParts(date).is_date()) return std::nullopt;
  if (form.meaning == Meaning::date) return date;
  const Int128 micros = Int128{time} * 1'000'000 + value(parts, Part::micros);
  return form.meaning == Meaning::time ? micros : date * day_factor + micros;
}

bool is_zero_moment(const Form& form, std::string_view text) {
  if (text.size() != form.pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != (part_of(form.pattern, i) == Part::none ? form.pattern[i] : '0')) return false;
  return true;
}

MomentFlaw write_moment(const Form& form, int window, Int128 moment, char* out) {
  Parts parts{};
  const auto date = static_cast<std::int64_t>(form.meaning == Meaning::date        ? moment
                                              : form.meaning == Meaning::timestamp ? moment / day_factor
                                                                                   : 0);
  const auto micros = static_cast<std::int64_t>(form.meaning == Meaning::date ? 0 : moment % day_factor);
  const auto number = [](std::int64_t part) { return static_cast<int>(part); };
  parts = {number(date / 10000),
           number(date / 100 % 100),
           number(date % 100),
           0,
           number(micros / 10'000'000'000),
           number(micros / 100'000'000 % 100),
           number(micros / 1'000'000 % 100),
           number(micros % 1'000'000)};
  const int year = value(parts, Part::year);
  if (form.has_short_year) {
    const int first = form.pattern[0] == 'C' ? 1900 : window, span = form.pattern[0] == 'C' ? 1000 : 100;
    if (year < first || year >= first + span) return MomentFlaw::outside;
    value(parts, Part::century) = (year - 1900) / 100;
    value(parts, Part::year) = year % 100;
  }
  for (std::size_t i = form.pattern.size(); i-- > 0;) {
    const auto part = part_of(form.pattern, i);
    out[i] = part == Part::none ? form.pattern[i] : static_cast<char>('0' + value(parts, part) % 10);
    if (part != Part::none) value(parts, part) /= 10;
  }
  const bool has_micros = form.pattern.find('N') != form.pattern.npos;
  const bool has_seconds = form.meaning == Meaning::date || form.pattern.find('S') != form.pattern.npos;
  const auto unwritten = has_micros ? 0 : has_seconds ? micros % 1'000'000 : micros % 100'000'000;
  return unwritten == 0 ? MomentFlaw::none : MomentFlaw::fraction;
}

}  // namespace dfi::records
