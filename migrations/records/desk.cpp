// SPDX-License-Identifier: Apache-2.0
// What a thread keeps of the records it converted: totals, keys, the last fault.

#include <numeric>

#include "migrations/records/compiled.hpp"

namespace dfi::records {
namespace {

void append_part(DeskState& state, const Wiring::Key& key, std::size_t record) {
  const auto& field = *key.source.codec->field;
  const auto buffer = key.source.buffer;
  const char* const bytes = state.first.read[buffer] + record * state.compiled->lengths[buffer] + field.offset;
  Int128 units = 0;
  if (key.read && key.read(field, bytes, 0, 1, &units) == 0)
    return append_number(state.keys[key.step], key.shape, static_cast<std::int64_t>(units));
  append_key(state.keys[key.step], key.shape, decode(*key.source.codec, bytes));
}

void make_key(DeskState& state, const Wiring& wiring, std::size_t record, std::size_t step) {
  state.keys[step].clear();
  for (const auto& key : wiring.keys)
    if (key.step == step) append_part(state, key, record);
}

/// Keys that are one number each, compared as numbers. False: not all of them are read.
bool add_numbers(DeskState& state, const Wiring::Key& key) {
  const auto buffer = key.source.buffer;
  const auto& field = *key.source.codec->field;
  Numbers units;
  if (key.read(field, state.first.read[buffer] + field.offset, state.compiled->lengths[buffer], state.count,
               units.data()) != 0)
    return false;
  KeyRun run;
  run.any = true;
  for (std::size_t record = 1; record < state.count; ++record) run.rising &= units[record - 1] < units[record];
  append_number(run.first, key.shape, static_cast<std::int64_t>(units[0]));
  append_number(run.last, key.shape, static_cast<std::int64_t>(units[state.count - 1]));
  state.key_runs[key.step].add(run);
  return true;
}

}  // namespace

DeskState::DeskState(const Compiled& program)
    : compiled(&program),
      scratch(program.scratch.size()),
      keys(program.steps.size()),
      key_runs(program.steps.size()),
      keeps_key(program.steps.size(), true),
      totals(program.fused.summands.size()),
      pending(program.stepwise.summands.size()) {
  first.read.resize(program.formats.size());
  first.write.resize(program.formats.size());
  for (std::size_t i = 0; i < scratch.size(); ++i) {
    for (std::size_t record = 0; record < program.batch; ++record) scratch[i] += program.scratch[i];
    first.read[i + 1] = first.write[i + 1] = scratch[i].data();
  }
  at = first;
}

void DeskState::take(const char* in, char* out, std::size_t records) {
  count = records;
  first.read[0] = in;
  if (out) first.read.back() = first.write.back() = out;
  at = first;
  arena.clear();
}

Mask read_summands(DeskState& state, const Wiring& wiring) {
  Mask refused = 0;
  for (std::size_t i = 0; i < wiring.summands.size(); ++i) {
    const auto& summand = wiring.summands[i];
    if (!summand.source.codec || summand.is_noted) continue;
    const auto& field = *summand.source.codec->field;
    const char* const first = state.first.read[summand.source.buffer] + field.offset;
    const auto step = state.compiled->lengths[summand.source.buffer];
    auto& units = state.pending[i];
    auto left = summand.read ? summand.read(field, first, step, state.count, units.data()) : first_bits(state.count);
    for (; left != 0; left &= left - 1) {
      const auto record = lowest(left);
      try {
        units[record] = number_of(summand.source, first + record * step);
      } catch (const Refused&) {
        refused |= bit(record);
      }
    }
  }
  return refused;
}

void read_summand(DeskState& state, const Wiring& wiring, std::size_t index) {
  const auto& summand = wiring.summands[index];
  const char* const bytes = state.at.read[summand.source.buffer] + summand.source.codec->field->offset;
  state.pending[index][0] = number_of(summand.source, bytes);
}

void add_fused(DeskState& state, Mask records) {
  for (std::size_t i = 0; i < state.totals.size(); ++i) {
    const auto* const units = state.pending[i].data();
    auto sum = std::accumulate(units, units + state.count, Int128{0});
    for (auto others = first_bits(state.count) & ~records; others != 0; others &= others - 1)
      sum -= units[lowest(others)];
    state.totals[i].add(sum);
  }
}

void add_stepwise(DeskState& state) {
  for (std::size_t i = 0; i < state.totals.size(); ++i)
    state.totals[i].add(state.pending[state.compiled->stepwise_summands[i]][0]);
}

void make_keys(DeskState& state, const Wiring& wiring, std::size_t record, std::size_t steps) {
  for (std::size_t step = 0; step < steps; ++step)
    if (state.keeps_key[step]) make_key(state, wiring, record, step);
}

void add_keys(DeskState& state, std::size_t steps) {
  for (std::size_t step = 0; step < steps; ++step)
    if (state.keeps_key[step] && !state.compiled->plans[step].keys.empty()) state.key_runs[step].add(state.keys[step]);
}

void add_keys_of_batch(DeskState& state) {
  const auto& compiled = *state.compiled;
  for (std::size_t step = 0; step < state.keys.size(); ++step) {
    if (!state.keeps_key[step] || compiled.plans[step].keys.empty()) continue;
    const auto* const number = compiled.number_keys[step];
    if (number && add_numbers(state, *number)) continue;
    for (std::size_t record = 0; record < state.count; ++record) {
      make_key(state, compiled.fused, record, step);
      state.key_runs[step].add(state.keys[step]);
    }
  }
}

}  // namespace dfi::records
