// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/field_origin.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

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

void name_own_field(const records::Program& program, records::Fault& fault) {
  const auto* field = fault.length ? field_at(*program.steps().front().from, fault.offset) : nullptr;
  if (field) fault.field = field->name;
}

}  // namespace

const records::Field* field_at(const records::RecordFormat& format, std::size_t offset) {
  const auto found = std::find_if(format.fields.begin(), format.fields.end(),
                                  [&](const auto& field) { return field.offset == offset; });
  return found == format.fields.end() ? nullptr : &*found;
}

records::Fault as_in_file(const records::Program& program, records::Fault fault) {
  if (fault.kind != records::FaultKind::duplicate_key) {
    name_own_field(program, fault);
    return fault;
  }
  const auto& key = program.steps()[fault.step].unique;
  std::vector<std::string> names;
  for (const auto& name : key) {
    fault.field = name;
    locate_origin(program, fault);
    name_own_field(program, fault);
    names.push_back(fault.field);
  }
  fault.field = fmt::format("{}", fmt::join(names, ", "));
  if (names.size() > 1) fault.offset = fault.length = 0;
  return fault;
}

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
