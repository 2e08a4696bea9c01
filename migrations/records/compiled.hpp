// SPDX-License-Identifier: Apache-2.0
// What a Program and a Desk are made of.
#pragma once
#include <array>
#include <deque>

#include "migrations/records/kernels.hpp"

namespace dfi::records {

/// Where the fields of each level stand, and what is read from there.
struct Wiring {
  /// A number that is read for totals; without a codec: a column.
  struct Summand {
    Source source;
    ReadNumbers read = nullptr;
    bool is_noted = false;  // by an op that reads it anyway
  };
  struct Sum {
    std::size_t step;
    std::size_t before, after;  // summands
  };
  struct Key {
    std::size_t step;
    Source source;
    KeyShape shape;
    ReadNumbers read = nullptr;
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

  Wiring stepwise;                              // each level from its own record
  Wiring fused;                                 // from the earliest level where the same value stands
  std::vector<Op> ops;                          // what the fused program does
  std::vector<std::string> scratch;             // a record of each level between, with its constants
  std::vector<std::size_t> lengths;             // of a record of each level; of rows 0
  std::size_t batch = 1;                        // records that are converted together
  std::vector<std::size_t> stepwise_summands;   // of each summand of the fused program, one of the slow way
  std::vector<std::size_t> key_sources;         // of each step: the first one with the same key
  std::vector<const Wiring::Key*> number_keys;  // of each step: its key in `fused` if that is one number, else null
  std::deque<Field> fields;                     // bytes of a field read as what a later level makes of them
  std::deque<Codec> field_codecs;

  bool ends_in_rows() const { return !formats.back(); }
  std::size_t last() const { return steps.size(); }  // level
};

/// What a thread works with.
struct DeskState {
  explicit DeskState(const Compiled& compiled);
  /// The records that come next; `out` is null if the program ends in rows.
  void take(const char* in, char* out, std::size_t records);

  const Compiled* compiled;
  std::vector<std::string> scratch;  // a batch of each level between
  std::size_t count = 0;             // of records in work
  Places first, at;                  // the first of them, and the one that goes the slow way
  Arena arena;
  Fault fault;
  std::vector<std::string> keys;  // by step, of one record
  std::vector<KeyRun> key_runs;   // likewise, of all
  std::vector<bool> keeps_key;    // likewise
  std::vector<WideSum> totals;    // by summand of the fused program
  std::vector<Numbers> pending;   // by summand of the wiring in use: of each record, of the slow way's only one

  Lane lane() { return {count, compiled->lengths.data(), &first, &at, &arena, pending.data()}; }
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

/// Converts the record that state.at points to, level after level, each written down: the meaning of a program. False:
/// state.fault says why. Summands are pending.
bool convert_stepwise(DeskState& state, std::vector<Row>* rows);

/// Reads summands that are no columns into state.pending: of the batch, or of the record at state.at. The records that
/// are refused; the other throws Refused.
Mask read_summands(DeskState& state, const Wiring& wiring);
void read_summand(DeskState& state, const Wiring& wiring, std::size_t index);
/// Adds what is pending: of these records of the batch, or of the one that went the slow way.
void add_fused(DeskState& state, Mask records);
void add_stepwise(DeskState& state);
/// The keys of the first `steps` steps, which end in fields, for one record of the batch.
void make_keys(DeskState& state, const Wiring& wiring, std::size_t record, std::size_t steps);
/// Adds the keys of the first `steps` steps that were made last.
void add_keys(DeskState& state, std::size_t steps);
/// Adds those of a whole batch, none of whose records went the slow way.
void add_keys_of_batch(DeskState& state);

/// The rows of the last step, with their keys and sums. Throws Refused; `target` is the column in work.
void make_rows(DeskState& state, const Wiring& wiring, std::vector<Row>& rows, const Target*& target);

}  // namespace dfi::records
