// SPDX-License-Identifier: Apache-2.0
// Bytes as hex digits and back, for JSON, which is text.
#pragma once
#include <string>
#include <string_view>

namespace dfi::records {

/// "00A04F"
std::string to_hex(std::string_view bytes);
std::string from_hex(std::string_view hex);

}  // namespace dfi::records
