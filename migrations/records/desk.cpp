// SPDX-License-Identifier: Apache-2.0
// What a thread keeps of the records it converted: totals, keys, the last fault.

#include "migrations/records/compiled.hpp"

namespace dfi::records {
namespace {

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
      keeps_key(program.steps.size(), true),
      totals(program.fused.summands.size()),
      pending(program.stepwise.summands.size()) {
  for (std::size_t level = 1; level <= scratch.size(); ++level) {
    write[level] = scratch[level - 1].data();
    read[level] = write[level];
  }
}

void read_summand(DeskState& state, const Wiring& wiring, std::size_t index) {
  const auto& summand = wiring.summands[index];
  auto& pending = state.pending[index];
  const auto& codec = *summand.source.codec;
  const char* const bytes = state.read[summand.source.buffer] + codec.field->offset;
  pending.is_wide = !summand.read || !summand.read(*codec.field, bytes, pending.quick);
  if (!pending.is_wide) return;
  const auto value = decode(codec, bytes);
  pending.wide = value.kind == Value::Kind::null ? 0 : value.number;
}

void finish_record(DeskState& state, const Wiring& wiring) {
  const bool fused = &wiring == &state.compiled->fused;
  for (std::size_t i = 0; i < state.totals.size(); ++i) {
    const auto& pending = state.pending[fused ? i : state.compiled->stepwise_summands[i]];
    if (pending.is_wide)
      state.totals[i].add_wide(pending.wide);
    else
      state.totals[i].add(pending.quick);
  }
  // The key of rows, which belongs to the last step, is made with them.
  make_keys(state, wiring, state.compiled->ends_in_rows() ? state.keys.size() - 1 : state.keys.size());
}

void make_keys(DeskState& state, const Wiring& wiring, std::size_t steps) {
  for (std::size_t step = 0; step < steps; ++step) state.keys[step].clear();
  for (const auto& key : wiring.keys)
    if (key.step < steps && state.keeps_key[key.step]) append_part(state, key);
}

}  // namespace dfi::records
