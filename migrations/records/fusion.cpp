// SPDX-License-Identifier: Apache-2.0
// A fused program writes down a field of a level between only where the way through that field could change or refuse
// the value. Everywhere else the next step reads the value where it stood before.
#include <set>

#include "migrations/records/compiled.hpp"
#include "migrations/records/text.hpp"

namespace dfi::records {
namespace {

bool can_be_null(const Field& field) {
  return field.blank == Blank::null ||
         (field.nullable && (field.meaning != Meaning::plain || field.type == Type::digits));
}

/// Is null, written to the field, read as null?
bool keeps_null(const Field& field) {
  if (!field.nullable) return false;
  if (field.type == Type::digits) return true;
  return field.meaning != Meaning::plain && (field.type == Type::chars || field.meaning != Meaning::time);
}

bool preserves_digits(const Field& from, const Field& to) {
  const auto scale = static_cast<std::size_t>(from.scale);
  // Decimals that did not stand there are written.
  const auto longest = scale == 0 ? from.length : from.length + scale + 1;
  return longest <= to.length && longest <= most_digits;
}

bool preserves_binary(const Field& from, const Field& to) {
  // With blank= some numbers look blank.
  if (to.blank != Blank::error) return false;
  if (from.is_signed == to.is_signed) return from.length <= to.length;
  return to.is_signed && from.length < to.length;
}

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
    add_checks();
  }

 private:
  void place(std::size_t level, std::size_t index) {
    const auto& target = compiled_.plans[level - 1].targets[index];
    const auto& fields = compiled_.fused.levels[level - 1];
    if (target.is_constant) return place_constant(target);
    const bool plain = target.expression.op == Expression::Op::field;
    if (plain && level < compiled_.last()) {
      const auto& source = fields[target.expression.field];
      if (preserves(*source.codec->field, *target.codec->field)) {
        compiled_.fused.levels[level][index] = source;
        passed_on_.push_back(source);
        return;
      }
    }
    Op op;
    op.target = &target;
    op.fields = fields.data();
    op.level = level;
    choose_kernel(op);
    if (op.source.codec) read_.insert(op.source.codec);
    compiled_.ops.push_back(std::move(op));
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
        compiled_.ops.push_back(std::move(op));
    }
  }

  static Wiring::Summand summand(const Source& source) {
    const auto& field = *source.codec->field;
    return {source, field.offset, &field, find_reader(field)};
  }

  void read_places(Wiring& wiring) {
    for (const auto& [step, plan] : compiled_.sums) {
      Wiring::Sum sum{step, summand(wiring.levels[step][plan->from]), {}};
      if (compiled_.formats[step + 1]) sum.after = summand(wiring.levels[step + 1][plan->to]);
      read_.insert(sum.before.source.codec);
      wiring.sums.push_back(sum);
    }
    for (std::size_t step = 0; step < compiled_.plans.size() && compiled_.formats[step + 1]; ++step)
      for (const auto& key : compiled_.plans[step].keys) {
        const auto source = wiring.levels[step + 1][key.to];
        const auto reader = key.shape.number_bytes > 0 ? find_reader(*source.codec->field) : nullptr;
        wiring.keys.push_back({step, source, key.shape, reader});
      }
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
      compiled_.ops.push_back(std::move(op));
    }
  }

  Compiled& compiled_;
  std::vector<Op> constants_;  // of the level in work
  std::vector<Source> passed_on_;
  std::set<const Codec*> read_;  // by every record's conversion
};

}  // namespace

bool can_be_wrong(const Field& field) {
  if (field.meaning != Meaning::plain) return true;
  if (field.type == Type::chars) return is_utf8_page(*field.page);
  return field.type != Type::bytes && field.type != Type::binary && field.type != Type::floating;
}

bool preserves(const Field& from, const Field& to) {
  if (from.type != to.type || from.meaning != to.meaning || from.form != to.form || from.scale != to.scale)
    return false;
  if (from.page != to.page || from.window != to.window) return false;
  if (can_be_null(from) && !keeps_null(to)) return false;
  switch (from.type) {
    case Type::chars: return from.meaning != Meaning::plain || from.length <= to.length;
    case Type::bytes: return from.length == to.length;
    case Type::packed:
    case Type::zoned: return from.digits <= to.digits && (to.is_signed || !from.is_signed);
    case Type::binary: return preserves_binary(from, to);
    case Type::floating: return from.length == to.length && to.blank == Blank::error;
    default: return preserves_digits(from, to);
  }
}

void fuse(Compiled& compiled) { Fusion(compiled).run(); }

}  // namespace dfi::records
