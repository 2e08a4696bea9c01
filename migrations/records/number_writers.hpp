// SPDX-License-Identifier: Apache-2.0
// Numbers that fit into their field, written from 64 bits.
#pragma once
#include "migrations/records/bytes.hpp"
#include "migrations/records/format.hpp"

namespace dfi::records {

/// A digit in each byte, the first lowest, of a number of up to eight digits.
inline std::uint64_t split_digits(std::uint64_t value) {
  // Divided side by side: into fours, pairs and digits.
  std::uint64_t digits = value / 10000 | value % 10000 << 32;
  auto upper = (digits * 10486 >> 20) & 0x0000007F0000007Fu;
  digits = upper | (digits - 100 * upper) << 16;
  upper = (digits * 103 >> 10) & 0x000F000F000F000Fu;
  return upper | (digits - 10 * upper) << 8;
}

class PackedWriter {
 public:
  explicit PackedWriter(const Field& field) : length_(field.length) {}
  [[gnu::always_inline]] void write(std::int64_t units, char* out) const {
    auto value = static_cast<std::uint64_t>(units < 0 ? -units : units);
    auto at = length_ - 1;
    out[at] = static_cast<char>(value % 10 << 4 | (units < 0 ? 0xDu : 0xFu));
    value /= 10;
    while (at-- > 0) {
      const auto pair = value % 100;
      value /= 100;
      out[at] = static_cast<char>(pair / 10 << 4 | pair % 10);
    }
  }

 private:
  std::size_t length_;
};

class ZonedWriter {
 public:
  explicit ZonedWriter(const Field& field) : length_(field.length), ebcdic_(field.page->ebcdic) {}
  [[gnu::always_inline]] void write(std::int64_t units, char* out) const {
    auto value = static_cast<std::uint64_t>(units < 0 ? -units : units);
    const unsigned zone = ebcdic_ ? 0xF0 : 0x30;
    for (auto at = length_; at-- > 0; value /= 10) out[at] = static_cast<char>(zone | value % 10);
    if (units < 0) out[length_ - 1] = static_cast<char>(out[length_ - 1] ^ (ebcdic_ ? 0xF0 ^ 0xD0 : 0x30 ^ 0x70));
  }

 private:
  std::size_t length_;
  bool ebcdic_;
};

class BinaryWriter {
 public:
  explicit BinaryWriter(const Field& field) : length_(field.length), little_endian_(field.little_endian) {}
  [[gnu::always_inline]] void write(std::int64_t units, char* out) const {
    auto bits = static_cast<std::uint64_t>(units);
    for (std::size_t i = 0; i < length_; ++i, bits >>= 8)
      out[little_endian_ ? i : length_ - 1 - i] = static_cast<char>(bits & 0xFF);
  }

 private:
  std::size_t length_;
  bool little_endian_;
};

}  // namespace dfi::records
