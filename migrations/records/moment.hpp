// SPDX-License-Identifier: Apache-2.0
// Dates, times and timestamps in the forms host programs write them.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "migrations/records/value.hpp"

namespace dfi::records {

/// How a date, time or timestamp is written, character by character: Y M D, C century (0 is 1900), H M S, N
/// microseconds.
struct Form {
  std::string_view pattern;
  Meaning meaning;
  bool numeric;  // digits only, so that a number can carry it
  bool has_short_year = false;
};

const Form* find_form(std::string_view pattern);
/// The form of the type `date`, `time` or `timestamp` and of text(x).
const Form& iso_form(Meaning meaning);

/// `text` is as long as the pattern and ASCII. Nothing if it is no such date.
std::optional<Int128> parse_moment(const Form& form, int window, std::string_view text);

/// Is it the form's way of writing zeros ("0000-00-00")?
bool is_zero_moment(const Form& form, std::string_view text);

enum class MomentFlaw : std::uint8_t { none, outside, fraction };
/// Writes as many characters as the pattern has. `outside`: the form has no place for this year. `fraction`: it has
/// none for the microseconds; they are left out.
MomentFlaw write_moment(const Form& form, int window, Int128 moment, char* out);

/// Is there such a day? `date` is yyyymmdd, year 1 to 9999.
bool is_date(std::int64_t date);
/// `time` is hhmmss.
bool is_time(std::int64_t time);

}  // namespace dfi::records
