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
  enum class Family : std::uint8_t { other, number, text, moment };
  Run run = nullptr;               // false: the record is refused; the slow way says why
  Family family = Family::other;   // of the kernel
  const Target* target = nullptr;  // null: a check only
  const Source* fields = nullptr;  // of the old level
  Source source;                   // for kernels: the one field the value comes from
  std::size_t level = 0;           // of the target's record
  const Field* from = nullptr;
  const Field* to = nullptr;
  const Form* form = nullptr;  // how a date is written in `from`
  enum class Layout : std::uint8_t { other, ymd, short_ymd, century_ymd, dmy, short_dmy, hms };
  Layout in_layout = Layout::other, out_layout = Layout::other;
  int window = 1940;
  bool takes_null = false;           // zeros in `from` are no date, and the target takes that
  std::int64_t low = 0, high = 0;    // what a kernel takes: units of `from`, or a date as yyyymmdd
  std::int64_t in_limit = 0;         // of a date: 10^digits of its form
  std::int64_t factor = 1;           // to the target's scale
  std::size_t most_in = 0;           // bytes of a text that a kernel takes
  std::size_t most_out = 0;          // and makes
  std::size_t record_end = 0;        // of the target's record, if its fields are written from left to right; else 0
  std::size_t room = 0;              // bytes of it that a kernel may write to, from the target on
  std::vector<std::uint32_t> table;  // of a text: what each byte becomes; text_kernels.cpp
  std::vector<std::uint32_t> ascii;  // likewise
  Read64 read = nullptr;             // of a check
  std::string bytes;                 // of a constant
  std::size_t offset = 0;            // where they go
  std::vector<Op> covered;           // ops of levels between: what the kernel takes, they take too
};

/// The slow way of an op, also where a kernel meets something rare.
bool run_general(const Op& op, const Lane& lane);
/// Decodes `source` only.
bool run_check(const Op& op, const Lane& lane);
bool run_constant(const Op& op, const Lane& lane);

/// Sets `run` and what it needs for the op's target.
void choose_kernel(Op& op);
/// Makes the kernel of `op`, which reads the same place, so modest that it takes nothing `between` would refuse;
/// `between` then need not run by itself. False: that cannot be.
bool cover(Op& op, Op& between);
bool cover_text(Op& op, const Op& between);

/// Each gives null if this pair of fields is none of its own.
Op::Run number_kernel(Op& op);
Op::Run text_kernel(Op& op);
Op::Run moment_kernel(Op& op);

inline const char* in_bytes(const Op& op, const Lane& lane) { return lane.read[op.source.buffer] + op.from->offset; }
inline char* out_bytes(const Op& op, const Lane& lane) { return lane.write[op.level] + op.to->offset; }

}  // namespace dfi::records
