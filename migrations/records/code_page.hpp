// SPDX-License-Identifier: Apache-2.0
// Single-byte code pages by IBM's numbers (CCSID), as own tables that a test compares with iconv; libraries disagree in
// places, and data of twenty years must read the same on every host. 1208 (UTF-8) has no table.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace dfi::records {

constexpr int ccsid_utf8 = 1208;
constexpr int ccsid_none = 65535;  // bytes without a meaning as text

/// Blank, line ends and digits differ: EBCDIC (37 273 500 1140 1141 1148), Latin-1 (819), UTF-8 (1208).
struct CodePage {
  int ccsid;
  bool ebcdic;
  unsigned char blank;                         // 0x40 or 0x20
  std::array<char16_t, 256> to_unicode;        // every byte has a character (control characters included)
  std::array<std::array<char, 4>, 256> utf8;   // the character as UTF-8: up to 3 bytes, the 4th is their count
  std::array<unsigned char, 256> from_latin1;  // U+0000–U+00FF; where `has_latin1` says so
  std::array<bool, 256> has_latin1;
  /// The byte of a character, or -1.
  int find(char32_t character) const;
};

/// Null for a number that is not known. 1208 is known; its tables are empty and must not be used.
const CodePage* find_code_page(int ccsid);

}  // namespace dfi::records
