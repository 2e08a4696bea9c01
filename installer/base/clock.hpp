// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

namespace dfi {

/// UTC as "2026-11-23T04:05:06.789Z": sorts as text.
std::string now_utc();
/// Local calendar day as "yymmdd", for PTFyymmdd.
std::string today_yymmdd();
std::int64_t monotonic_ms();

}  // namespace dfi
