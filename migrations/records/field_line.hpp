// SPDX-License-Identifier: Apache-2.0
// One line of a field block: "KACOST packed(9,2) blank=zero".
#pragma once
#include <optional>
#include <string>

#include "migrations/records/format.hpp"

namespace dfi::records {

/// Nothing for a blank line or a comment. `occurs` is not unfolded and `offset` not set. Throws Malformed.
std::optional<Field> parse_field_line(const std::string& line, int ccsid, int number);

/// Letters, digits and _ from a letter on.
bool is_field_name(const std::string& name);

}  // namespace dfi::records
