// SPDX-License-Identifier: Apache-2.0
// Finds in one line of text what must not leave the house. Internal to the redactor.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/redactor.hpp"

namespace dfi::redaction {

struct Found {
  std::size_t begin, size;
  Masked kind;
};

/// Values behind keys that name a secret, arguments of AUTH, Authorization and Bearer, JSON web tokens; ascending, not
/// overlapping.
std::vector<Found> find_secrets(std::string_view line);
std::vector<Found> find_addresses(std::string_view line);
/// Names with dots that are no file names, what stands behind "://", IP addresses that are not the machine's own, and
/// the `known` names.
std::vector<Found> find_hosts(std::string_view line, const std::vector<std::string>& known);
/// A line of the hexadecimal dump of a record, as abort reports hold it.
bool is_record_dump(std::string_view line);

std::string lower_case(std::string_view text);

}  // namespace dfi::redaction
