// SPDX-License-Identifier: Apache-2.0
// A fused program writes down a field of a level between only where the way through that field could change the value.
// Everywhere else the next step reads the value where it stood before. Where the level between could refuse it, the
// kernel of a later level looks after that; only if none can, the field is written for the sake of its checks.
#include <algorithm>
#include <set>

#include "migrations/records/compiled.hpp"
#include "migrations/records/text.hpp"

namespace dfi::records {
namespace {

class Fusion {
 public:
  explicit Fusion(Compiled& compiled) : compiled_(compiled) {}

  void run() {
    const auto fields = [](std::size_t level, const std::vector<Codec>& codecs) {
      std::vector<Source> sources;
      for (const auto& codec : codecs) sources.push_back({level, &codec});
      return sources;
    };
    for (std::size_t level = 0; level < compiled_.codecs.size(); ++level)
      compiled_.stepwise.levels.push_back(fields(level, compiled_.codecs[level]));
    compiled_.fused.levels = compiled_.stepwise.levels;
    for (const auto& level : compiled_.codecs) checks_.emplace_back(level.size());
    for (std::size_t level = 1; level < compiled_.codecs.size(); ++level) {
      constants_.clear();
      const auto* format = compiled_.formats[level];
      compiled_.scratch.emplace_back(format->length, '\0');
      for (std::size_t i = 0; i < compiled_.plans[level - 1].targets.size(); ++i) place(level, i);
      add_constant(format->length - end_of(*format).size(), std::string(end_of(*format)));
      settle_constants(level);
    }
    read_places(compiled_.stepwise);
    read_places(compiled_.fused);
    pair_summands();
    share_keys();
    add_checks();
    for (auto& op : ops_)
      if (op.run) compiled_.ops.push_back(std::move(op));
    note_summands();
  }

 private:
  using OpNumber = std::size_t;

  void place(std::size_t level, std::size_t index) {
    const auto& target = compiled_.plans[level - 1].targets[index];
    if (target.is_constant) return place_constant(target);
    const auto origin = origin_of(target);
    auto& fields = compiled_.fused.levels;
    const auto* from = origin ? &fields[level - 1][*origin] : nullptr;
    const bool plain = target.expression.op == Expression::Op::field;
    if (plain && level < compiled_.last() && preserves(*from->codec->field, *target.codec->field)) {
      fields[level][index] = *from;
      checks_[level][index] = checks_[level - 1][*origin];
      passed_on_.push_back(*from);
      return;
    }
    Op op;
    op.target = &target;
    op.fields = fields[level - 1].data();
    op.level = level;
    // The record that comes out is written anew each time, one field after the other, its constants at the end.
    if (level == compiled_.last() && compiled_.formats[level]) op.record_end = compiled_.formats[level]->length;
    choose_kernel(op);
    if (op.source.codec) read_.insert(op.source.codec);
    if (origin) cover_check(op, checks_[level - 1][*origin]);
    ops_.push_back(std::move(op));
    if (!origin) return;
    if (const auto value = carried(*from->codec->field, target)) {
      fields[level][index] = plain ? *from : Source{from->buffer, add_codec(*value)};
      checks_[level][index] = ops_.size() - 1;
    }
  }

  /// The field of the level before that is the value, perhaps read as a date.
  static std::optional<std::size_t> origin_of(const Target& target) {
    const auto& expression = target.expression;
    const auto& field = expression.op == Expression::Op::moment ? expression.args[0] : expression;
    return field.op == Expression::Op::field ? std::optional(field.field) : std::nullopt;
  }

  void cover_check(Op& op, const std::optional<OpNumber>& check) {
    if (!check) return;
    auto& between = ops_[*check];
    if (between.run && cover(op, between)) between.run = nullptr;
  }

  const Codec* add_codec(const Field& field) {
    compiled_.fields.push_back(field);
    return &compiled_.field_codecs.emplace_back(compiled_.fields.back());
  }

  void place_constant(const Target& target) {
    const auto& field = *target.codec->field;
    std::string bytes(field.length, '\0');
    Arena arena;
    try {
      encode(*target.codec, evaluate(target.expression, {nullptr, nullptr, &arena}), target.allowance, bytes.data());
    } catch (const Refused& refused) {
      throw Malformed(target.line, field.name + ": " + text(refused.reason, Language::english));
    }
    add_constant(field.offset, std::move(bytes));
  }

  /// Neighbours become one.
  void add_constant(std::size_t offset, std::string bytes) {
    if (!constants_.empty() && constants_.back().offset + constants_.back().bytes.size() == offset) {
      constants_.back().bytes += bytes;
      return;
    }
    Op op;
    op.run = run_constant;
    op.offset = offset;
    op.bytes = std::move(bytes);
    constants_.push_back(std::move(op));
  }

  /// Those of a level between are written once; the output is another place for each record.
  void settle_constants(std::size_t level) {
    for (auto& op : constants_) {
      op.level = level;
      if (level < compiled_.last())
        compiled_.scratch.back().replace(op.offset, op.bytes.size(), op.bytes);
      else if (!op.bytes.empty())
        ops_.push_back(std::move(op));
    }
  }

  static std::size_t summand(Wiring& wiring, const Source& source) {
    const auto same = [&](const Wiring::Summand& other) { return other.source == source; };
    const auto found = std::find_if(wiring.summands.begin(), wiring.summands.end(), same);
    if (found != wiring.summands.end()) return static_cast<std::size_t>(found - wiring.summands.begin());
    wiring.summands.push_back({source, find_reader(*source.codec->field)});
    return wiring.summands.size() - 1;
  }

  void read_places(Wiring& wiring) {
    for (const auto& [step, plan] : compiled_.sums) {
      Wiring::Sum sum{step, summand(wiring, wiring.levels[step][plan->from]), 0};
      read_.insert(wiring.summands[sum.before].source.codec);
      if (!compiled_.formats[step + 1]) {
        sum.after = wiring.summands.size();
        wiring.summands.emplace_back();
      } else {
        // What was written at the end is read again: only so a total says that it is there.
        const auto& levels = step + 1 == compiled_.last() ? compiled_.stepwise.levels : wiring.levels;
        sum.after = summand(wiring, levels[step + 1][plan->to]);
      }
      wiring.sums.push_back(sum);
    }
    for (std::size_t step = 0; step < compiled_.plans.size() && compiled_.formats[step + 1]; ++step)
      for (const auto& key : compiled_.plans[step].keys) {
        const auto source = wiring.levels[step + 1][key.to];
        const auto reader = key.shape.number_bytes > 0 ? find_reader(*source.codec->field) : nullptr;
        wiring.keys.push_back({step, source, key.shape, reader});
      }
  }

  void note_summands() {
    auto& summands = compiled_.fused.summands;
    for (auto& op : compiled_.ops) {
      if (op.family != Op::Family::number) continue;
      const auto is_read = [&](const Wiring::Summand& summand) { return summand.source == op.source; };
      const auto found = std::find_if(summands.begin(), summands.end(), is_read);
      if (found == summands.end()) continue;
      found->is_noted = true;
      op.summand = static_cast<std::size_t>(found - summands.begin());
    }
  }

  /// Several places of the slow way are one of the fast way.
  void pair_summands() {
    auto& pairs = compiled_.stepwise_summands;
    pairs.resize(compiled_.fused.summands.size());
    for (std::size_t i = 0; i < compiled_.sums.size(); ++i) {
      pairs[compiled_.fused.sums[i].before] = compiled_.stepwise.sums[i].before;
      pairs[compiled_.fused.sums[i].after] = compiled_.stepwise.sums[i].after;
    }
  }

  /// Keys read from the same places are the same keys.
  void share_keys() {
    std::vector<std::vector<Source>> keys(compiled_.steps.size());
    for (const auto& key : compiled_.fused.keys) keys[key.step].push_back(key.source);
    for (const auto& key : keys) {
      const auto first =
          key.empty() ? keys.size() : static_cast<std::size_t>(std::find(keys.begin(), keys.end(), key) - keys.begin());
      compiled_.key_sources.push_back(key.empty() ? compiled_.key_sources.size() : first);
      compiled_.number_keys.push_back(number_key(compiled_.number_keys.size()));
    }
  }

  const Wiring::Key* number_key(std::size_t step) const {
    const auto& keys = compiled_.fused.keys;
    const auto is_of_step = [step](const Wiring::Key& key) { return key.step == step; };
    const auto found = std::find_if(keys.begin(), keys.end(), is_of_step);
    return std::count_if(keys.begin(), keys.end(), is_of_step) == 1 && found->read ? &*found : nullptr;
  }

  /// What a step carried is checked, even if a later one drops it or uses it in some records only.
  void add_checks() {
    for (const auto& source : passed_on_) {
      if (!can_be_wrong(*source.codec->field) || !read_.insert(source.codec).second) continue;
      Op op;
      op.run = run_check;
      op.source = source;
      op.from = source.codec->field;
      if (op.from->meaning == Meaning::plain) op.read = find_reader(*op.from);
      ops_.push_back(std::move(op));
    }
  }

  Compiled& compiled_;
  std::vector<Op> ops_;        // in their order; no `run`: another one does it
  std::vector<Op> constants_;  // of the level in work
  // Of each level's fields: the op that says whether the levels until there take the value.
  std::vector<std::vector<std::optional<OpNumber>>> checks_;
  std::vector<Source> passed_on_;
  std::set<const Codec*> read_;  // by every record's conversion
};

}  // namespace

void fuse(Compiled& compiled) { Fusion(compiled).run(); }

}  // namespace dfi::records
