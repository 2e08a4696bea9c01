// SPDX-License-Identifier: Apache-2.0
// What a thread keeps of the records it converted: totals, keys, the last fault.
#include <algorithm>

#include "base/error.hpp"
#include "migrations/records/compiled.hpp"

namespace dfi::records {
namespace {

Int128 units_at(const DeskState& state, const Source& source, Read64 reader, int scale) {
  const auto& field = *source.codec->field;
  const char* const bytes = state.read[source.buffer] + field.offset;
  std::int64_t units = 0;
  if (reader && reader(field, bytes, units)) return units;
  const auto value = decode(*source.codec, bytes);
  return value.kind == Value::Kind::null ? 0 : rescale(value.number, value.scale, scale, Rounding::never).units;
}

void append_part(DeskState& state, const Wiring::Key& key) {
  const auto& field = *key.source.codec->field;
  const char* const bytes = state.read[key.source.buffer] + field.offset;
  std::int64_t units = 0;
  if (key.read && key.read(field, bytes, units)) return append_number(state.keys[key.step], key.shape, units);
  append_key(state.keys[key.step], key.shape, decode(*key.source.codec, bytes));
}

}  // namespace

DeskState::DeskState(const Compiled& program)
    : compiled(&program),
      scratch(program.scratch),
      read(program.formats.size()),
      write(program.formats.size()),
      keys(program.steps.size()),
      before(program.sums.size()),
      after(program.sums.size()),
      pending(program.sums.size()) {
  for (std::size_t level = 1; level <= scratch.size(); ++level) {
    write[level] = scratch[level - 1].data();
    read[level] = write[level];
  }
}

void read_sum(DeskState& state, const Wiring& wiring, std::size_t index) {
  const auto& sum = wiring.sums[index];
  const auto& plan = *state.compiled->sums[index].plan;
  state.pending[index].before = units_at(state, sum.before, sum.read_before, plan.from_scale);
  if (sum.after.codec) state.pending[index].after = units_at(state, sum.after, sum.read_after, plan.to_scale);
}

void finish_record(DeskState& state, const Wiring& wiring) {
  for (std::size_t i = 0; i < state.pending.size(); ++i) {
    state.before[i].add(state.pending[i].before);
    state.after[i].add(state.pending[i].after);
  }
  // The key of rows, which belongs to the last step, is made with them.
  const auto fields = state.compiled->ends_in_rows() ? state.keys.size() - 1 : state.keys.size();
  for (std::size_t step = 0; step < fields; ++step) state.keys[step].clear();
  for (const auto& key : wiring.keys) append_part(state, key);
}

}  // namespace dfi::records
