// SPDX-License-Identifier: Apache-2.0
// What a record of one level looks like: fields at fixed places, as DDS says it. Syntax: migrations/README.md.
#pragma once
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "migrations/records/code_page.hpp"

namespace dfi::records {

enum class Type : std::uint8_t {
  chars,     // text in a code page, padded with blanks
  bytes,     // CCSID 65535: carried as they are
  packed,    // two digits a byte, sign in the last half (C A F E plus, D B minus; written: F and D)
  zoned,     // one digit a byte, sign in the upper half of the last; never goes through the code page
  binary,    // two's complement of 1, 2, 4 or 8 bytes, big-endian unless told
  floating,  // IEEE 754 of 4 or 8 bytes, big-endian unless told
  digits,    // a number as text: "-1234.50", left-aligned, padded with blanks
};
enum class Meaning : std::uint8_t { plain, date, time, timestamp };
/// What a field full of blanks or binary zeros means where a number or date should be.
enum class Blank : std::uint8_t { error, zero, null };
enum class Ends : std::uint8_t { none, lf, crlf, nl };  // nl: EBCDIC 0x15

struct Field {
  std::string name;
  Type type = Type::chars;
  Meaning meaning = Meaning::plain;
  std::size_t offset = 0, length = 0;  // bytes; of one occurrence
  int digits = 0, scale = 0;           // packed, zoned, digits; binary: scale only
  bool is_signed = true, little_endian = false;
  const CodePage* page = nullptr;  // chars, digits, zoned, and dates carried by them
  std::string form;                // "YYYYMMDD": how a date, time or timestamp is written
  int window = 1940;               // first year of the hundred a two-digit year can mean
  Blank blank = Blank::error;
  bool nullable = false;  // null is written as blanks (chars, digits) or zeros; a date of blanks or zeros reads as null
  unsigned occurs = 1;    // an array: `occurs` elements of `length` bytes behind each other
};

struct RecordFormat {
  std::string file;
  int level = 0;
  std::size_t length = 0;  // of a whole record, its end included
  int ccsid = 0;
  Ends ends = Ends::none;
  std::vector<std::string> key;  // names of fields; may be empty
  std::vector<Field> fields;     // arrays are unfolded: NAME(1), NAME(2), …, each with occurs 1

  const Field* find(const std::string& name) const;
};

/// A slip in a field block or an expression; whoever reads the definition adds file and line.
struct Malformed : std::runtime_error {
  Malformed(int line_in_text, const std::string& reason) : std::runtime_error(reason), line(line_in_text) {}
  int line;  // from 1 on
};

/// Reads the field block ("NAME type(n[,s]) option…", one a line, # comments) and proves that the fields and the record
/// end fill `format.length` exactly, that names are unique and that the key exists. Throws Malformed.
void parse_fields(const std::string& text, RecordFormat& format);

}  // namespace dfi::records
