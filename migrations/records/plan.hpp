// SPDX-License-Identifier: Apache-2.0
// One step, resolved: which expression makes each field of the new level, what is summed and what is unique.
#pragma once
#include <optional>

#include "migrations/records/expression.hpp"
#include "migrations/records/key.hpp"

namespace dfi::records {

/// One field of the new level, or one column of a row.
struct Target {
  std::string name;
  const Codec* codec = nullptr;  // null: a column
  std::size_t column = 0;        // index in RowSpec::columns
  Expression expression;
  Allowance allowance;
  std::optional<std::size_t> only_field;  // the only field of the old level the value comes from
  bool is_constant = false;
  int line = 1;  // of the assignment
};

struct RowPlan {
  std::optional<Target> when;
  std::vector<Target> columns;
};

/// A control total.
struct SumPlan {
  std::string name;
  std::size_t from = 0;         // field of the old level
  std::size_t row = 0, to = 0;  // field of the new level, or row and position in RowPlan::columns
  int from_scale = 0, to_scale = 0;
};

/// A part of the unique key.
struct KeyPlan {
  std::size_t to = 0;  // field of the new level, or position in the columns of the first row
  KeyShape shape;
};

struct StepPlan {
  std::vector<Target> targets;  // in the order of the fields; empty if the step ends in rows
  std::vector<RowPlan> rows;
  std::vector<SumPlan> sums;
  std::vector<KeyPlan> keys;
};

/// `to` are the codecs of the new level (empty if the step ends in rows). Throws Malformed.
StepPlan plan_step(const Step& step, const std::vector<Codec>& to);

/// "KATAB" names the field KATAB and all elements of the array KATAB.
bool names_field(const std::string& name, const std::string& field);

}  // namespace dfi::records
