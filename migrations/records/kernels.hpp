// SPDX-License-Identifier: Apache-2.0
// The fast ways of a program. A kernel handles the common contents of one kind of field and leaves everything else to
// decode, evaluate and encode; it never accepts what those refuse, and never writes other bytes than they.
#pragma once
#include <array>

#include "migrations/records/plan.hpp"

namespace dfi::records {

/// Records of a batch, a bit for each.
using Mask = std::uint64_t;
constexpr std::size_t most_in_batch = 64;
inline Mask bit(std::size_t record) { return Mask{1} << record; }
inline Mask first_bits(std::size_t count) { return ~Mask{0} >> (most_in_batch - count); }

/// Where a record, or the first one of a batch, stands in each level.
struct Places {
  std::vector<const char*> read;
  std::vector<char*> write;
};

/// A number of each record of a batch.
using Numbers = std::array<Int128, most_in_batch>;

/// What one thread converts with: a batch of records that lie one behind the other in each level.
struct Lane {
  std::size_t count;           // 1 to most_in_batch
  const std::size_t* lengths;  // of a record of each level
  const Places* first;         // records of the batch
  Places* at;                  // the one that goes the slow way
  Arena* arena;                // memory for texts
  Numbers* pending;            // for totals, by summand
  void go_to(std::size_t record) const;
};

/// The numbers of a field of at most 18 digits in `count` records that are `step` bytes apart. Gives those that it does
/// not read, which are left to decode.
using ReadNumbers = Mask (*)(const Field&, const char* first, std::size_t step, std::size_t count, Int128* units);
ReadNumbers find_reader(const Field& field);

/// Any number, null as 0. Throws Refused.
Int128 number_of(const Source& source, const char* bytes);

/// One thing to do for each record.
struct Op {
  using Run = Mask (*)(const Op&, const Lane&);
  enum class Family : std::uint8_t { other, number, text, moment };
  Run run = nullptr;               // gives the records that are refused; the slow way says why
  Run wide = nullptr;              // does most records before the kernel, gives those that it leaves
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
  bool takes_null = false;             // zeros in `from` are no date, and the target takes that
  std::int64_t low = 0, high = 0;      // what a kernel takes: units of `from`, or a date as yyyymmdd
  std::int64_t in_limit = 0;           // of a date: 10^digits of its form
  std::int64_t factor = 1;             // to the target's scale
  std::size_t most_in = 0;             // bytes of a text that a kernel takes
  std::size_t most_out = 0;            // and makes
  std::optional<std::size_t> summand;  // the kernel of numbers notes what it reads there
  std::size_t record_end = 0;          // of the target's record, if its fields are written from left to right; else 0
  std::size_t room = 0;                // bytes of it that a kernel may write to, from the target on
  std::vector<std::uint32_t> table;    // of a text: what each byte becomes; text_kernels.cpp
  std::vector<std::uint32_t> ascii;    // likewise
  std::array<unsigned char, 512> wide_table{};  // likewise; text_wide.hpp
  ReadNumbers read = nullptr;                   // of a check
  std::string bytes;                            // of a constant
  std::size_t offset = 0;                       // where they go
  std::vector<Op> covered;                      // ops of levels between: what the kernel takes, they take too
};

/// The slow way of an op, also where a kernel meets something rare. False: refused.
bool run_general(const Op& op, const Lane& lane, std::size_t record);
/// Decodes `source` only.
Mask run_check(const Op& op, const Lane& lane);
Mask run_constant(const Op& op, const Lane& lane);

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

/// Those of a batch that the kernel is to do itself.
inline Mask left_by_wide(const Op& op, const Lane& lane) {
  return op.wide ? op.wide(op, lane) : first_bits(lane.count);
}
inline std::size_t lowest(Mask records) { return static_cast<std::size_t>(__builtin_ctzll(records)); }

/// The common contents of one kind of field, for all records of a batch. A Kernel is made of an Op; its convert(in,
/// out) says false where it leaves a record to the slow way.
template <class Kernel>
Mask run_kernel(const Op& op, const Lane& lane) {
  // Its own variables, which no byte that is written can change.
  const Kernel kernel(op);
  const auto in_step = lane.lengths[op.source.buffer], out_step = lane.lengths[op.level];
  const char* const in = lane.first->read[op.source.buffer] + op.from->offset;
  char* const out = lane.first->write[op.level] + op.to->offset;
  Mask refused = 0;
  for (auto left = left_by_wide(op, lane); left != 0; left &= left - 1) {
    const auto record = lowest(left);
    if (!kernel.convert(in + record * in_step, out + record * out_step) && !run_general(op, lane, record))
      refused |= bit(record);
  }
  return refused;
}

}  // namespace dfi::records
