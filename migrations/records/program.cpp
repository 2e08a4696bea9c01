// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/error.hpp"
#include "migrations/records/compiled.hpp"

namespace dfi::records {
namespace {

void check_chain(const std::vector<Step>& steps) {
  if (steps.empty()) throw Malformed(1, "a program has at least one step");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto& to = steps[i].to;
    if (i + 1 == steps.size()) continue;
    const auto& next = *steps[i + 1].from;
    if (!to || to->level != next.level || to->length != next.length || to->fields.size() != next.fields.size())
      throw Malformed(1, fmt::format("{} does not go on where {} ends", steps[i + 1].conversion, steps[i].conversion));
  }
}

/// A total as text has the decimals of the side that has more.
std::string total_text(const WideSum& sum, int scale, int shown) {
  auto text = sum.text(scale);
  if (shown > scale && scale == 0) text += '.';
  return text.append(static_cast<std::size_t>(shown - scale), '0');
}

void add_total(WideSum& sum, std::string_view text, int scale, int shown) {
  text.remove_suffix(std::min(text.size(), static_cast<std::size_t>(shown - scale)));
  sum.add_text(text);
}

Mask wrong_ends(const DeskState& state) {
  const auto& format = *state.compiled->formats[0];
  Mask wrong = 0;
  if (format.ends == Ends::none) return wrong;
  for (std::size_t record = 0; record < state.count; ++record)
    if (!has_right_end(format, state.first.read[0] + record * format.length)) wrong |= bit(record);
  return wrong;
}

/// All records at once. Gives those that remain for the slow way.
Mask convert_fused(DeskState& state) {
  auto left = wrong_ends(state);
  const auto lane = state.lane();
  for (const auto& op : state.compiled->ops) left |= op.run(op, lane);
  return left;
}

/// Into records, all at once. Gives those that remain for the slow way.
Mask convert_to_records(DeskState& state) {
  const auto left = convert_fused(state) | read_summands(state, state.compiled->fused);
  add_fused(state, first_bits(state.count) & ~left);
  return left;
}

/// The keys of one record that came through so many steps.
void settle_keys(DeskState& state, const Wiring& wiring, std::size_t record, std::size_t steps) {
  // The key of rows, which belongs to the last step, is made with them.
  make_keys(state, wiring, record, std::min(steps, state.compiled->codecs.size() - 1));
  add_keys(state, steps);
}

/// One record; the batch has no other.
bool convert_to_rows(DeskState& state, std::vector<Row>& rows) {
  try {
    const Target* target = nullptr;
    if (convert_fused(state) != 0) return false;
    make_rows(state, state.compiled->fused, rows, target);
  } catch (const Refused&) {
    return false;
  }
  if (read_summands(state, state.compiled->fused) != 0) return false;
  add_fused(state, first_bits(1));
  settle_keys(state, state.compiled->fused, 0, state.keys.size());
  return true;
}

bool convert_slowly(DeskState& state, std::size_t record, std::vector<Row>* rows) {
  const auto& compiled = *state.compiled;
  state.arena.clear();
  state.lane().go_to(record);
  const bool converted = convert_stepwise(state, rows);
  if (converted) add_stepwise(state);
  // A record that is refused in a later step has come through those before, as in a pass for each step.
  settle_keys(state, compiled.stepwise, record, converted ? state.keys.size() : state.fault.step);
  return converted;
}

/// Ends the conversion of a record of the batch, where those of `left` go the slow way. Where one is refused, those
/// behind it close the gap: it is moved to `place`.
bool finish(DeskState& state, Mask left, std::size_t record, char* place) {
  const bool is_fast = (left & bit(record)) == 0;
  if (is_fast) settle_keys(state, state.compiled->fused, record, state.keys.size());
  if (!is_fast && !convert_slowly(state, record, nullptr)) return false;
  const auto length = state.compiled->lengths.back();
  const char* const made = state.first.read.back() + record * length;
  if (made != place) std::memcpy(place, made, length);
  return true;
}

/// As many as their records, and those of the levels between, stay in the innermost cache.
std::size_t batch_of(const std::vector<std::size_t>& lengths) {
  constexpr std::size_t most_bytes = 24'000;
  const auto bytes = std::accumulate(lengths.begin(), lengths.end(), std::size_t{1});
  return std::clamp<std::size_t>(most_bytes / bytes, 1, most_in_batch);
}

}  // namespace

struct Program::Data : Compiled {
  explicit Data(Compiled compiled) : Compiled(std::move(compiled)) { fuse(*this); }
};
struct Desk::State : DeskState {
  using DeskState::DeskState;
};

Compiled compile_steps(std::vector<Step> steps) {
  check_chain(steps);
  Compiled compiled;
  compiled.steps = std::move(steps);
  compiled.formats.push_back(compiled.steps[0].from.get());
  for (const auto& step : compiled.steps) compiled.formats.push_back(step.to.get());
  for (const auto* format : compiled.formats) compiled.lengths.push_back(format ? format->length : 0);
  compiled.batch = compiled.ends_in_rows() ? 1 : batch_of(compiled.lengths);
  for (const auto* format : compiled.formats) {
    if (!format) continue;
    compiled.codecs.emplace_back();
    for (const auto& field : format->fields) compiled.codecs.back().emplace_back(field);
  }
  static const std::vector<Codec> none;
  for (std::size_t i = 0; i < compiled.steps.size(); ++i) {
    const bool rows = !compiled.formats[i + 1];
    compiled.plans.push_back(plan_step(compiled.steps[i], rows ? none : compiled.codecs[i + 1]));
  }
  for (std::size_t i = 0; i < compiled.plans.size(); ++i)
    for (const auto& sum : compiled.plans[i].sums) compiled.sums.push_back({i, &sum});
  compiled.origins.emplace_back();
  for (std::size_t i = 0; i < compiled.codecs[0].size(); ++i) compiled.origins[0].push_back(i);
  for (const auto& plan : compiled.plans) {
    std::vector<std::optional<std::size_t>> level;
    for (const auto& target : plan.targets)
      level.push_back(target.only_field ? compiled.origins.back()[*target.only_field] : std::nullopt);
    compiled.origins.push_back(std::move(level));
  }
  return compiled;
}

Program Program::compile(std::vector<Step> steps) {
  return Program(std::make_unique<Data>(compile_steps(std::move(steps))));
}

Program::Program(std::unique_ptr<Data> data) : data_(std::move(data)) {}
Program::Program(Program&&) noexcept = default;
Program::~Program() = default;

const std::vector<Step>& Program::steps() const { return data_->steps; }
std::size_t Program::key_source(std::size_t step) const { return data_->key_sources[step]; }
std::size_t Program::input_length() const { return data_->formats[0]->length; }
std::size_t Program::output_length() const { return data_->ends_in_rows() ? 0 : data_->formats.back()->length; }

std::size_t Program::convert(Desk& desk, const char* in, std::size_t count, char* out, const Refuse& refuse) const {
  auto& state = *desk.state_;
  require(!data_->ends_in_rows() && state.compiled == data_.get(), "a desk of this program, which ends in records");
  char* place = out;
  for (std::size_t first = 0; first < count; first += state.count) {
    state.take(in + first * input_length(), place, std::min(data_->batch, count - first));
    const auto left = convert_to_records(state);
    if (left == 0) {
      add_keys_of_batch(state);
      place += state.count * output_length();
      continue;
    }
    for (std::size_t record = 0; record < state.count; ++record)
      if (finish(state, left, record, place))
        place += output_length();
      else if (!refuse(first + record))
        return static_cast<std::size_t>(place - out) / output_length();
  }
  return static_cast<std::size_t>(place - out) / output_length();
}

bool Program::convert(Desk& desk, const char* in, char* out) const {
  auto& state = *desk.state_;
  require(!data_->ends_in_rows() && state.compiled == data_.get(), "a desk of this program, which ends in records");
  state.take(in, out, 1);
  return finish(state, convert_to_records(state), 0, out);
}

bool Program::convert(Desk& desk, const char* in, std::vector<Row>& rows) const {
  auto& state = *desk.state_;
  require(data_->ends_in_rows() && state.compiled == data_.get(), "a desk of this program, which ends in rows");
  state.take(in, nullptr, 1);
  return convert_to_rows(state, rows) || convert_slowly(state, 0, &rows);
}

Desk::Desk(const Program& program) : state_(std::make_unique<State>(*program.data_)) {}
Desk::Desk(Desk&&) noexcept = default;
Desk::~Desk() = default;

const Fault& Desk::fault() const { return state_->fault; }

void Desk::keep_keys(const std::vector<std::size_t>& steps) {
  state_->keeps_key.assign(state_->keys.size(), false);
  for (const auto step : steps) state_->keeps_key[step] = true;
}

std::string_view Desk::key(std::size_t step) const { return state_->keys[step]; }
const KeyRun& Desk::key_run(std::size_t step) const { return state_->key_runs[step]; }

std::vector<Total> Desk::totals() const {
  std::vector<Total> totals;
  for (std::size_t i = 0; i < state_->compiled->sums.size(); ++i) {
    const auto& [step, plan] = state_->compiled->sums[i];
    const auto& places = state_->compiled->fused.sums[i];
    const int shown = std::max(plan->from_scale, plan->to_scale);
    totals.push_back({step, plan->name, total_text(state_->totals[places.before], plan->from_scale, shown),
                      total_text(state_->totals[places.after], plan->to_scale, shown)});
  }
  return totals;
}

void Desk::add(const std::vector<Total>& others) {
  // A number that several sums share is added once.
  std::vector<bool> added(state_->totals.size());
  const auto add = [&](std::size_t summand, std::string_view text, int scale, int shown) {
    if (!added[summand]) add_total(state_->totals[summand], text, scale, shown);
    added[summand] = true;
  };
  for (std::size_t i = 0; i < state_->compiled->sums.size(); ++i) {
    const auto& [step, plan] = state_->compiled->sums[i];
    const auto& places = state_->compiled->fused.sums[i];
    const int shown = std::max(plan->from_scale, plan->to_scale);
    for (const auto& other : others) {
      if (other.step != step || other.field != plan->name) continue;
      add(places.before, other.before, plan->from_scale, shown);
      add(places.after, other.after, plan->to_scale, shown);
    }
  }
}

std::string_view fault_name(FaultKind kind) {
  switch (kind) {
    case FaultKind::bad_digit: return "bad_digit";
    case FaultKind::bad_sign: return "bad_sign";
    case FaultKind::blank: return "blank";
    case FaultKind::bad_date: return "bad_date";
    case FaultKind::overflow: return "overflow";
    case FaultKind::lost_decimals: return "lost_decimals";
    case FaultKind::truncated: return "truncated";
    case FaultKind::unmappable: return "unmappable";
    case FaultKind::no_counterpart: return "no_counterpart";
    case FaultKind::null_value: return "null_value";
    case FaultKind::bad_text: return "bad_text";
    case FaultKind::bad_record_end: return "bad_record_end";
    case FaultKind::duplicate_key: return "duplicate_key";
    case FaultKind::refused_by_table: return "refused_by_table";
  }
  return "";
}

}  // namespace dfi::records
