// SPDX-License-Identifier: Apache-2.0
// The slow way: every level is written down and read again. It says why a record is refused, and what a program means.
#include <algorithm>

#include "messages/records.hpp"
#include "migrations/records/compiled.hpp"

namespace dfi::records {
namespace {

/// The place in the record that went in, of a field of a level that comes from one field there only.
void set_place(Fault& fault, const Compiled& compiled, std::size_t step, std::size_t field) {
  const auto& origin = compiled.origins[step][field];
  if (!origin) return;
  const auto& place = compiled.formats[0]->fields[*origin];
  fault.offset = place.offset;
  fault.length = place.length;
}

void set_fault(DeskState& state, std::size_t step, const Target* target, Refused& refused) {
  const auto& fields = state.compiled->formats[step]->fields;
  auto& fault = state.fault;
  fault = Fault{refused.kind, step, target ? target->name : "", 0, 0, std::move(refused.reason)};
  if (refused.field) {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return &field == refused.field; });
    fault.field = found->name;
    set_place(fault, *state.compiled, step, static_cast<std::size_t>(found - fields.begin()));
  } else if (target && target->only_field) {
    if (!refused.by_target) fault.field = fields[*target->only_field].name;
    set_place(fault, *state.compiled, step, *target->only_field);
  }
}

bool check_end(DeskState& state) {
  const auto& format = *state.compiled->formats[0];
  const auto end = end_of(format);
  const auto at = format.length - end.size();
  const std::string_view found(state.at.read[0] + at, end.size());
  if (found == end) return true;
  state.fault = Fault{FaultKind::bad_record_end,
                      0,
                      "",
                      at,
                      end.size(),
                      {msg::record_bad_end, {{"hex", hex_of(found)}, {"expected", hex_of(end)}}}};
  return false;
}

void convert_step(DeskState& state, std::size_t step, std::vector<Row>* rows, const Target*& target) {
  const auto& compiled = *state.compiled;
  const Scope scope{compiled.stepwise.levels[step].data(), state.at.read.data(), &state.arena};
  for (const auto& each : compiled.plans[step].targets) {
    target = &each;
    encode(*each.codec, evaluate(each.expression, scope), each.allowance,
           state.at.write[step + 1] + each.codec->field->offset);
  }
  if (const auto* format = compiled.formats[step + 1]) {
    const auto end = end_of(*format);
    std::copy(end.begin(), end.end(), state.at.write[step + 1] + format->length - end.size());
  } else {
    make_rows(state, compiled.stepwise, *rows, target);
  }
  target = nullptr;
  for (const auto& sum : compiled.stepwise.sums) {
    if (sum.step != step) continue;
    read_summand(state, compiled.stepwise, sum.before);
    if (compiled.formats[step + 1]) read_summand(state, compiled.stepwise, sum.after);
  }
}

}  // namespace

std::string_view end_of(const RecordFormat& format) {
  switch (format.ends) {
    case Ends::lf: return "\n";
    case Ends::crlf: return "\r\n";
    case Ends::nl: return "\x15";
    default: return {};
  }
}

bool has_right_end(const RecordFormat& format, const char* record) {
  const auto end = end_of(format);
  return std::equal(end.begin(), end.end(), record + format.length - end.size());
}

bool convert_stepwise(DeskState& state, std::vector<Row>* rows) {
  if (!check_end(state)) return false;
  for (std::size_t step = 0; step < state.compiled->steps.size(); ++step) {
    const Target* target = nullptr;
    try {
      convert_step(state, step, rows, target);
    } catch (Refused& refused) {
      set_fault(state, step, target, refused);
      return false;
    }
  }
  return true;
}

}  // namespace dfi::records
