// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/field_origin.hpp"

#include <algorithm>

#include "migrations/records/expression.hpp"

namespace dfi::migrations {
namespace {

/// The only field of `from` that the target is made of.
const records::Field* field_behind(const records::Step& step, std::size_t row, const std::string& target) {
  const auto& map = step.to ? step.map : step.rows[row].map;
  const auto made = std::find_if(map.begin(), map.end(), [&](const auto& entry) { return entry.target == target; });
  if (made == map.end()) return step.from->find(target);
  const auto fields = records::fields_of(records::parse_expression(made->expression, *step.from, 0, made->line));
  return fields.size() == 1 ? &step.from->fields[fields.front()] : nullptr;
}

}  // namespace

void locate_origin(const records::Program& program, records::Fault& fault, std::size_t row) {
  fault.offset = fault.length = 0;
  auto name = fault.field;
  const records::Field* field = nullptr;
  for (auto steps = fault.step + 1; steps > 0; --steps) {
    field = field_behind(program.steps()[steps - 1], row, name);
    if (!field) return;
    name = field->name;
  }
  fault.offset = field->offset;
  fault.length = field->length;
}

}  // namespace dfi::migrations
