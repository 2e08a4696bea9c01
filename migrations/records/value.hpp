// SPDX-License-Identifier: Apache-2.0
// What a field holds. A text stays a view of the bytes of the record with their code page until it is written, so that
// most texts go from page to page in one step.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "migrations/records/decimal.hpp"
#include "migrations/records/program.hpp"

namespace dfi::records {

struct Value {
  enum class Kind : std::uint8_t { null, text, bytes, number, real, date, time, timestamp };
  Kind kind = Kind::null;
  bool single = false;  // real: came from four bytes
  int scale = 0;        // number
  /// number: units. date: yyyymmdd. time: hhmmss and six digits of microseconds. timestamp: both behind each other.
  Int128 number = 0;
  double real = 0;
  std::string_view text;           // text and bytes
  const CodePage* page = nullptr;  // of text

  static Value of_number(Int128 units, int scale);
  static Value of_moment(Meaning meaning, Int128 moment);
  static Value of_text(std::string_view text, const CodePage* page);
  static Value of_utf8(std::string_view text);
};

constexpr Int128 day_factor = 1'000'000'000'000;  // of the date in a timestamp

/// Thrown where a record is converted the slow way; caught in program.cpp, which makes a Fault of it.
struct Refused {
  FaultKind kind;
  Message reason;
  const Field* field = nullptr;  // whose bytes are wrong; null: the value was right, or came from an expression
  bool by_target = false;        // the value was right, but the target cannot take it
};

/// Memory for texts made while one record is converted.
class Arena {
 public:
  char* take(std::size_t size);
  std::string_view keep(std::string_view text);
  void clear() { used_blocks_ = 0, used_ = 0; }

 private:
  static constexpr std::size_t block_size = 16384;
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };
  std::vector<Block> blocks_;
  std::size_t used_blocks_ = 0;  // the last of them is being filled
  std::size_t used_ = 0;
};

/// "00 A0 4F", at most 32 bytes of it.
std::string hex_of(std::string_view bytes);
/// "packed(9,2)", as a definition says it.
std::string type_text(const Field& field);

}  // namespace dfi::records
