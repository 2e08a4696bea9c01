// SPDX-License-Identifier: Apache-2.0
// Neighbouring steps between record formats, fused into one pass: each field becomes a chain of what the steps do to
// it, with all their checks and intermediate widths, so that result and refusals are those of one step after the other.
// A Program is immutable and shared by threads; what a thread needs of its own is its Desk.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/message.hpp"
#include "migrations/records/format.hpp"
#include "migrations/records/key_run.hpp"

namespace dfi::records {

/// target = expression, as a definition says it.
struct Assignment {
  std::string target;
  std::string expression;
  int line = 1;  // in the definition, for Malformed
};

/// What a definition allows by name for one target field; everything else that loses something is a fault.
struct Allowance {
  std::string field;
  bool truncate = false;                                           // text is cut on the right
  enum class Round { never, half_up, down } round = Round::never;  // decimals are lost
  std::optional<char32_t> unmappable;  // what stands for a character the code page does not have
  bool duplicates = false;             // `unique` does not hold for this key: first one stays, no fault
};

/// One row of a table that a record becomes.
struct RowSpec {
  std::string table;
  std::string when;                  // expression; the row is made if it is neither null, blank nor zero; empty: always
  std::vector<std::string> columns;  // of the table, in its order
  std::vector<Assignment>
      map;  // columns not named here come from the field of the same name, else have the table's default
};

/// One conversion between two levels.
struct Step {
  std::string conversion;
  std::shared_ptr<const RecordFormat> from;
  std::shared_ptr<const RecordFormat> to;  // null: the step ends in rows (it is then the last one)
  std::vector<Assignment> map;             // fields not named here come from the field of the same name
  std::vector<std::string> drop;           // fields of `from` that vanish
  std::vector<Allowance> allow;
  std::vector<std::string>
      sums;  // control totals: numeric fields of `from`, by the same name in `to` or the first row that has it
  std::vector<std::string>
      unique;                 // fields of `to` (or columns of the first row) that are together unique; may be empty
  std::vector<RowSpec> rows;  // to == null
};

enum class FaultKind : std::uint8_t {
  bad_digit,
  bad_sign,
  blank,
  bad_date,
  overflow,
  lost_decimals,
  truncated,
  unmappable,
  no_counterpart,
  null_value,
  bad_text,
  bad_record_end,
  duplicate_key,
  refused_by_table
};
std::string_view fault_name(FaultKind kind);  // "bad_digit": the word of JSON and of tests

/// Why a record cannot be converted. The first fault in the order of steps and of target fields; same record, same
/// fault.
struct Fault {
  FaultKind kind = FaultKind::bad_digit;
  std::size_t step = 0;                // which of the program's steps
  std::string field;                   // of that step's `from`, or its target if the value itself was right
  std::size_t offset = 0, length = 0;  // in the record that went in; length 0: the value comes from no single field
  Message reason;                      // messages/records.toml
};

/// A column's value as SQLite takes it.
using ColumnValue = std::variant<std::monostate, std::int64_t, double, std::string, std::vector<char>>;
struct Row {
  std::size_t spec;                                         // index in Step::rows
  std::vector<std::pair<std::size_t, ColumnValue>> values;  // index in RowSpec::columns
};

/// Exact sum of one declared field over the records converted, both sides; text: "-1234.50".
struct Total {
  std::size_t step;
  std::string field, before, after;
};

class Program;

class Desk {
 public:
  explicit Desk(const Program& program);
  Desk(Desk&&) noexcept;
  ~Desk();
  /// Of the record that was refused last.
  const Fault& fault() const;
  /// The unique key of a step for the record converted last by itself: equal keys, equal bytes; the order of bytes is
  /// that of the values. Empty if the step declares none. A record that was refused has the keys of the steps before
  /// its fault.
  std::string_view key(std::size_t step) const;
  /// The keys of a step, of all records so far that came through it.
  const KeyRun& key_run(std::size_t step) const;
  /// Only these steps' keys are asked for.
  void keep_keys(const std::vector<std::size_t>& steps);
  /// Control totals so far, and starting anew. A record that is refused does not count.
  std::vector<Total> totals() const;
  void add(const std::vector<Total>& others);

 private:
  friend class Program;
  struct State;
  std::unique_ptr<State> state_;
};

class Program {
 public:
  /// Throws Malformed: an unknown field or function, a field of `from` that vanishes without `drop`, a target without a
  /// source, an allowance for no field. `line` is that of the assignment, else 1.
  static Program compile(std::vector<Step> steps);
  Program(Program&&) noexcept;
  ~Program();

  const std::vector<Step>& steps() const;
  std::size_t input_length() const;   // whole record with its end
  std::size_t output_length() const;  // 0: the program ends in rows
  /// The first step whose key has the same values as that of `step` in every record that comes through both.
  std::size_t key_source(std::size_t step) const;
  bool makes_rows() const { return output_length() == 0; }

  /// `count` records one behind the other. `refuse` hears of those that are refused in their order, with desk.fault()
  /// as of that record, and may end it by false; then totals and keys are worthless. `out` has room for `count`
  /// records; those converted stand there without gaps. Gives how many they are.
  using Refuse = std::function<bool(std::size_t record)>;
  std::size_t convert(Desk& desk, const char* in, std::size_t count, char* out, const Refuse& refuse) const;
  /// One record; `out` has output_length() bytes. False: desk.fault() says why, `out` is worthless.
  bool convert(Desk& desk, const char* in, char* out) const;
  /// One record into rows; `rows` is replaced.
  bool convert(Desk& desk, const char* in, std::vector<Row>& rows) const;

 private:
  friend class Desk;
  struct Data;
  explicit Program(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

/// A record of this format with every field valid, as a test or generator writes it, and the values of a record as text
/// (for reports and repairs). `values`: field, text ("-12.50", "2020-08-11", "Müller"); missing ones are zero or blank.
/// Throws std::invalid_argument with the field for a value that does not fit.
std::string make_record(const RecordFormat& format, const std::vector<std::pair<std::string, std::string>>& values);
std::vector<std::pair<std::string, std::string>> read_record(const RecordFormat& format, std::string_view record);

}  // namespace dfi::records
