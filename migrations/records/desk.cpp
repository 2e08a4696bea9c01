// SPDX-License-Identifier: Apache-2.0
// What a thread keeps of the records it converted: totals, keys, the last fault.

#include "migrations/records/compiled.hpp"

namespace dfi::records {
namespace {

bool read_quickly(const DeskState& state, const Wiring::Summand& summand, std::int64_t& units) {
  return summand.read && summand.read(*summand.field, state.read[summand.source.buffer] + summand.offset, units);
}

Int128 read_slowly(const DeskState& state, const Wiring::Summand& summand, int scale) {
  const auto value = decode(*summand.source.codec, state.read[summand.source.buffer] + summand.offset);
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
  auto& pending = state.pending[index];
  const bool column = !sum.after.field;
  if (!column && read_quickly(state, sum.before, pending.before) && read_quickly(state, sum.after, pending.after)) {
    pending.wide = false;
    return;
  }
  const auto& plan = *state.compiled->sums[index].plan;
  pending.wide = true;
  pending.wide_before = read_slowly(state, sum.before, plan.from_scale);
  if (!column) pending.wide_after = read_slowly(state, sum.after, plan.to_scale);
}

void finish_record(DeskState& state, const Wiring& wiring) {
  for (std::size_t i = 0; i < state.pending.size(); ++i) {
    const auto& pending = state.pending[i];
    if (pending.wide) {
      state.before[i].add_wide(pending.wide_before);
      state.after[i].add_wide(pending.wide_after);
    } else {
      state.before[i].add(pending.before);
      state.after[i].add(pending.after);
    }
  }
  // The key of rows, which belongs to the last step, is made with them.
  make_keys(state, wiring, state.compiled->ends_in_rows() ? state.keys.size() - 1 : state.keys.size());
}

void make_keys(DeskState& state, const Wiring& wiring, std::size_t steps) {
  for (std::size_t step = 0; step < steps; ++step) state.keys[step].clear();
  for (const auto& key : wiring.keys)
    if (key.step < steps) append_part(state, key);
}

}  // namespace dfi::records
