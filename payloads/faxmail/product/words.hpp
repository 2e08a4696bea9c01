// SPDX-License-Identifier: Apache-2.0
// Lists of words, letter case (ASCII only, whatever the locale) and bytes as text.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace faxmail {

bool contains(const std::vector<std::string>& values, const std::string& value);
/// "*NO, *YES"
std::string joined(const std::vector<std::string>& values);
std::string lower(std::string text);
std::string upper(std::string text);
/// Two lower-case digits for each byte.
std::string hex(std::string_view bytes);

}  // namespace faxmail
