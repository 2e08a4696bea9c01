// SPDX-License-Identifier: Apache-2.0
// What a Program and a Desk are made of.
#pragma once
#include <deque>

#include "migrations/records/kernels.hpp"

namespace dfi::records {

/// Where the fields of each level stand, and what is read from there.
struct Wiring {
  /// A number that is read for totals; without a codec: a column.
  struct Summand {
    Source source;
    Read64 read = nullptr;
  };
  struct Sum {
    std::size_t step;
    std::size_t before, after;  // summands
  };
  struct Key {
    std::size_t step;
    Source source;
    KeyShape shape;
    Read64 read = nullptr;
  };
  std::vector<std::vector<Source>> levels;
  std::vector<Summand> summands;  // each place once
  std::vector<Sum> sums;          // in the order of Compiled::sums
  std::vector<Key> keys;          // of fields; keys of columns are made with the rows
};

struct Compiled {
  std::vector<Step> steps;
  std::vector<const RecordFormat*> formats;  // of the levels; the last is null if the program ends in rows
  std::vector<std::vector<Codec>> codecs;    // likewise
  std::vector<StepPlan> plans;
  std::vector<std::vector<std::optional<std::size_t>>>
      origins;  // field of a level → the input's only field it comes from
  struct Sum {
    std::size_t step;
    const SumPlan* plan;
  };
  std::vector<Sum> sums;  // of all steps

  Wiring stepwise;                             // each level from its own record
  Wiring fused;                                // from the earliest level where the same value stands
  std::vector<Op> ops;                         // what the fused program does
  std::vector<std::string> scratch;            // the records of the levels between, with their constants
  std::vector<std::size_t> stepwise_summands;  // of each summand of the fused program, one of the slow way
  std::vector<std::size_t> key_sources;        // of each step: the first one with the same key
  std::deque<Field> fields;                    // bytes of a field read as what a later level makes of them
  std::deque<Codec> field_codecs;

  bool ends_in_rows() const { return !formats.back(); }
  std::size_t last() const { return steps.size(); }  // level
};

/// What a thread works with. read[0] and, unless the program ends in rows, read and write of the last level are set by
/// each call.
struct DeskState {
  explicit DeskState(const Compiled& compiled);

  const Compiled* compiled;
  std::vector<std::string> scratch;
  std::vector<const char*> read;
  std::vector<char*> write;
  Arena arena;
  Fault fault;
  std::vector<std::string> keys;  // by step
  std::vector<bool> keeps_key;    // likewise
  std::vector<WideSum> totals;    // by summand of the fused program
  struct Pending {
    bool is_wide = false;  // which of the two is the number
    std::int64_t quick = 0;
    Int128 wide = 0;
  };
  std::vector<Pending> pending;  // by summand of the wiring in use

  Lane lane() { return {read.data(), write.data(), &arena}; }
};

/// Levels, wiring and ops of steps that fit together. Throws Malformed.
Compiled compile_steps(std::vector<Step> steps);

/// Adds the two wirings and the ops to compiled plans.
void fuse(Compiled& compiled);

/// Is a value that a field of `from` yields always taken by `to`, and read from there as the same value?
bool preserves(const Field& from, const Field& to);
/// Is it read as the same value if it is taken? `target` is `from` itself or a date made of it; the field says how the
/// bytes of `from` are that value.
std::optional<Field> carried(const Field& from, const Target& target);
/// Can its bytes be wrong?
bool can_be_wrong(const Field& field);

/// The right end of a record?
bool has_right_end(const RecordFormat& format, const char* record);
std::string_view end_of(const RecordFormat& format);

/// Converts level after level, with every record written down: the meaning of a program. False: state.fault says why.
/// Sums and keys are pending as after the fast way.
bool convert_stepwise(DeskState& state, std::vector<Row>* rows);

/// Reads a summand that is no column into state.pending. Throws Refused.
void read_summand(DeskState& state, const Wiring& wiring, std::size_t index);
/// Adds what is pending and makes the keys.
void finish_record(DeskState& state, const Wiring& wiring);
/// The keys of the first `steps` steps, which end in fields.
void make_keys(DeskState& state, const Wiring& wiring, std::size_t steps);

/// The rows of the last step, with their keys and sums. Throws Refused; `target` is the column in work.
void make_rows(DeskState& state, const Wiring& wiring, std::vector<Row>& rows, const Target*& target);

}  // namespace dfi::records
