// SPDX-License-Identifier: Apache-2.0
// Texts of a single-byte page into UTF-8 by instructions that look up and move 64 bytes at once: AVX-512 with VBMI2,
// which Intel's processors have since 2019 and AMD's since 2022. Everywhere else, and for what it leaves, the kernels
// of text_kernels.cpp do the same.
#pragma once
#include <array>
#include <cstdint>

#include "migrations/records/kernels.hpp"

namespace dfi::records {

constexpr std::size_t most_wide_bytes = 64;  // of a field that is read

/// Has this processor the instructions?
bool has_wide_text();

/// What each byte becomes: its first byte of UTF-8, then for each its second. First bytes that are not ASCII and have
/// no second one stand for what is left to others.
using WideTable = std::array<unsigned char, 512>;

/// One field of `count` records.
struct WideText {
  const char* in;
  char* out;
  std::size_t in_step, out_step, count;
  std::size_t in_length, out_length;  // of the field; in_length at most most_wide_bytes
  std::size_t most_in, most_out;      // longer texts are left
  unsigned char blank;                // of the page that is read
  const WideTable* table;
};
/// Gives the records that it leaves to others, their fields half written. Only where has_wide_text().
Mask convert_wide(const WideText& text);

}  // namespace dfi::records
