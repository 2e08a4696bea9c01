// SPDX-License-Identifier: Apache-2.0
// Numbers that fit into their field, written from 64 bits.
#pragma once
#include "migrations/records/kernels.hpp"

namespace dfi::records {

struct PackedWriter {
  [[gnu::always_inline]] static void write(const Op& op, std::int64_t units, char* out) {
    auto value = static_cast<std::uint64_t>(units < 0 ? -units : units);
    auto at = op.to->length - 1;
    out[at] = static_cast<char>(value % 10 << 4 | (units < 0 ? 0xDu : 0xFu));
    value /= 10;
    while (at-- > 0) {
      const auto pair = value % 100;
      value /= 100;
      out[at] = static_cast<char>(pair / 10 << 4 | pair % 10);
    }
  }
};

struct ZonedWriter {
  [[gnu::always_inline]] static void write(const Op& op, std::int64_t units, char* out) {
    auto value = static_cast<std::uint64_t>(units < 0 ? -units : units);
    const bool ebcdic = op.to->page->ebcdic;
    const unsigned zone = ebcdic ? 0xF0 : 0x30;
    for (auto at = op.to->length; at-- > 0; value /= 10) out[at] = static_cast<char>(zone | value % 10);
    if (units < 0) {
      const auto last = op.to->length - 1;
      out[last] = static_cast<char>((ebcdic ? 0xD0u : 0x70u) | (static_cast<unsigned char>(out[last]) & 15u));
    }
  }
};

struct BinaryWriter {
  [[gnu::always_inline]] static void write(const Op& op, std::int64_t units, char* out) {
    auto bits = static_cast<std::uint64_t>(units);
    const auto length = op.to->length;
    for (std::size_t i = 0; i < length; ++i, bits >>= 8)
      out[op.to->little_endian ? i : length - 1 - i] = static_cast<char>(bits & 0xFF);
  }
};

}  // namespace dfi::records
