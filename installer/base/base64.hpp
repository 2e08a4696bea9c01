// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace dfi {

/// RFC 4648, padded, on one line.
std::string base64(std::string_view bytes);

}  // namespace dfi
