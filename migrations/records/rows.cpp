// SPDX-License-Identifier: Apache-2.0
// The last step of a load: rows of tables.
#include <limits>

#include "migrations/records/compiled.hpp"
#include "migrations/records/text.hpp"

namespace dfi::records {
namespace {

/// A number with decimals is text, so that the database keeps each of them.
ColumnValue column_value(const Value& value, Arena& arena) {
  using Limits = std::numeric_limits<std::int64_t>;
  switch (value.kind) {
    case Value::Kind::null: return {};
    case Value::Kind::text: return to_utf8(trim_right(value.text, *value.page), *value.page);
    case Value::Kind::bytes: return std::vector<char>(value.text.begin(), value.text.end());
    case Value::Kind::real: return value.real;
    case Value::Kind::number:
      if (value.scale == 0 && value.number >= Limits::min() && value.number <= Limits::max())
        return static_cast<std::int64_t>(value.number);
      return std::string(decimal_text(value.number, value.scale).view());
    default: return std::string(utf8_text(value, arena));
  }
}

void note_sums(DeskState& state, const Wiring& wiring, std::size_t row, std::size_t position, const Value& value) {
  const auto& sums = state.compiled->sums;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const auto& plan = *sums[i].plan;
    if (sums[i].step + 1 != state.compiled->last() || plan.row != row || plan.to != position) continue;
    if (value.kind == Value::Kind::number)
      state.pending[wiring.sums[i].after][0] = rescale(value.number, value.scale, plan.to_scale, Rounding::never).units;
  }
}

void make_key(DeskState& state, const std::vector<Value>& values) {
  for (const auto& part : state.compiled->plans.back().keys) append_key(state.keys.back(), part.shape, values[part.to]);
}

}  // namespace

void make_rows(DeskState& state, const Wiring& wiring, std::vector<Row>& rows, const Target*& target) {
  const auto& plan = state.compiled->plans.back();
  const Scope scope{wiring.levels[state.compiled->last() - 1].data(), state.at.read.data(), &state.arena};
  state.keys.back().clear();
  rows.clear();
  std::vector<Value> values;
  for (std::size_t i = 0; i < wiring.summands.size(); ++i)
    if (!wiring.summands[i].source.codec) state.pending[i][0] = 0;
  for (std::size_t i = 0; i < plan.rows.size(); ++i) {
    const auto& spec = plan.rows[i];
    if (spec.when) {
      target = &*spec.when;
      if (!is_true(evaluate(target->expression, scope))) continue;
    }
    Row row{i, {}};
    row.values.reserve(spec.columns.size());
    values.clear();
    for (const auto& column : spec.columns) {
      target = &column;
      values.push_back(evaluate(column.expression, scope));
      note_sums(state, wiring, i, values.size() - 1, values.back());
      row.values.emplace_back(column.column, column_value(values.back(), state.arena));
    }
    if (i == 0) make_key(state, values);
    rows.push_back(std::move(row));
  }
}

}  // namespace dfi::records
