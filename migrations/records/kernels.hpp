// SPDX-License-Identifier: Apache-2.0
// The fast ways of a program. A kernel handles the common contents of one kind of field and leaves everything else to
// decode, evaluate and encode; it never accepts what those refuse, and never writes other bytes than they.
#pragma once
#include "migrations/records/plan.hpp"

namespace dfi::records {

/// What one thread converts with: the record of each level, and memory for texts.
struct Lane {
  const char* const* read;
  char* const* write;
  Arena* arena;
};

/// Reads a number of at most 18 digits; false: by decode.
using Read64 = bool (*)(const Field&, const char* bytes, std::int64_t& units);
Read64 find_reader(const Field& field);

/// One thing to do for each record.
struct Op {
  using Run = bool (*)(const Op&, const Lane&);
  Run run = nullptr;               // false: the record is refused; the slow way says why
  const Target* target = nullptr;  // null: a check only
  const Source* fields = nullptr;  // of the old level
  Source source;                   // for kernels: the one field the value comes from
  std::size_t level = 0;           // of the target's record
  const Field* from = nullptr;
  const Field* to = nullptr;
  const Form* form = nullptr;  // how a date is written in `from`
  enum class Layout : std::uint8_t { other, ymd, short_ymd, century_ymd, dmy, short_dmy, hms, iso_date, iso_time };
  Layout in_layout = Layout::other, out_layout = Layout::other;
  int window = 1940;
  bool zero_is_null = false;                 // of a date in `from`
  std::int64_t in_limit = 0, out_limit = 0;  // 10^digits
  std::int64_t factor = 1;                   // to the target's scale
  std::vector<std::uint16_t> table;          // from page to page; over 0xFF: no such character
  std::vector<unsigned char> ascii;          // of each byte; over 0x7F: none
  Read64 read = nullptr;                     // of a check
  std::string bytes;                         // of a constant
  std::size_t offset = 0;                    // where they go
};

/// The slow way of an op, also where a kernel meets something rare.
bool run_general(const Op& op, const Lane& lane);
/// Decodes `source` only.
bool run_check(const Op& op, const Lane& lane);
bool run_constant(const Op& op, const Lane& lane);

/// Sets `run` and what it needs for the op's target.
void choose_kernel(Op& op);
/// Each gives null if this pair of fields is none of its own.
Op::Run number_kernel(Op& op);
Op::Run text_kernel(Op& op);
Op::Run moment_kernel(Op& op);

inline const char* in_bytes(const Op& op, const Lane& lane) { return lane.read[op.source.buffer] + op.from->offset; }
inline char* out_bytes(const Op& op, const Lane& lane) { return lane.write[op.level] + op.to->offset; }

}  // namespace dfi::records
