// SPDX-License-Identifier: Apache-2.0
// Dates, times and timestamps in the forms host programs write them.
#pragma once
#include <array>
#include <cstdint>
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

/// A date is year, month and day, a time is hour, minute and second: two digits each, of the first whatever is left.
struct MomentParts {
  std::uint32_t first, second, third;
  explicit MomentParts(std::int64_t moment) {
    const auto digits = static_cast<std::uint32_t>(moment);
    const auto upper = digits / 100;
    first = upper / 100;
    second = upper - 100 * first;
    third = digits - 100 * upper;
  }
  /// Is there such a day, in the years 1 to 9999?
  bool is_date() const {
    static constexpr std::array<unsigned char, 13> days = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (first - 1 > 9998 || second > 12 || third == 0) return false;
    if (third <= days[second]) return true;
    return second == 2 && third == 29 && first % 4 == 0 && (first % 100 != 0 || first % 400 == 0);
  }
  bool is_time() const { return first < 24 && second < 60 && third < 60; }
};

}  // namespace dfi::records
