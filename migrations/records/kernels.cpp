// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/kernels.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace dfi::records {
namespace {

struct Copy {
  explicit Copy(const Op& op) : length(op.to->length) {}
  bool convert(const char* in, char* out) const {
    std::memcpy(out, in, length);
    return true;
  }
  std::size_t length;
};

/// The field whose bytes a kernel can read: the expression is that field, or a date made of it.
bool take_source(Op& op) {
  const auto& expression = op.target->expression;
  const bool is_moment = expression.op == Expression::Op::moment;
  const auto& field = is_moment ? expression.args[0] : expression;
  if (field.op != Expression::Op::field) return false;
  op.source = op.fields[field.field];
  op.from = op.source.codec->field;
  op.to = op.target->codec->field;
  op.form = is_moment ? expression.form : op.source.codec->form;
  op.window = is_moment ? expression.window : op.from->window;
  op.takes_null = (is_moment || op.from->nullable) && op.to->nullable;
  return !is_moment || op.from->meaning == Meaning::plain;
}

Mask run_slowly(const Op& op, const Lane& lane) {
  Mask refused = 0;
  for (std::size_t record = 0; record < lane.count; ++record)
    if (!run_general(op, lane, record)) refused |= bit(record);
  return refused;
}

}  // namespace

void Lane::go_to(std::size_t record) const {
  for (std::size_t level = 0; level < at->read.size(); ++level) {
    at->read[level] = first->read[level] + record * lengths[level];
    if (first->write[level]) at->write[level] = first->write[level] + record * lengths[level];
  }
}

Int128 number_of(const Source& source, const char* bytes) {
  const auto value = decode(*source.codec, bytes);
  return value.kind == Value::Kind::null ? 0 : value.number;
}

bool run_general(const Op& op, const Lane& lane, std::size_t record) {
  lane.go_to(record);
  const Lane alone{1, lane.lengths, lane.at, lane.at, lane.arena, nullptr};
  for (const auto& between : op.covered)
    if (between.run(between, alone) != 0) return false;
  try {
    const Scope scope{op.fields, lane.at->read.data(), lane.arena};
    encode(*op.target->codec, evaluate(op.target->expression, scope), op.target->allowance,
           lane.at->write[op.level] + op.target->codec->field->offset);
    return true;
  } catch (const Refused&) {
    return false;
  }
}

Mask run_check(const Op& op, const Lane& lane) {
  const auto step = lane.lengths[op.source.buffer];
  const char* const first = lane.first->read[op.source.buffer] + op.from->offset;
  Numbers units;
  auto refused = op.read ? op.read(*op.from, first, step, lane.count, units.data()) : first_bits(lane.count);
  for (auto left = refused; left != 0; left &= left - 1) {
    const auto record = lowest(left);
    try {
      decode(*op.source.codec, first + record * step);
      refused &= ~bit(record);
    } catch (const Refused&) {
      // It stays among those that are refused.
    }
  }
  return refused;
}

Mask run_constant(const Op& op, const Lane& lane) {
  char* out = lane.first->write[op.level] + op.offset;
  for (std::size_t record = 0; record < lane.count; ++record, out += lane.lengths[op.level])
    std::memcpy(out, op.bytes.data(), op.bytes.size());
  return 0;
}

void choose_kernel(Op& op) {
  op.run = run_slowly;
  if (!take_source(op)) return;
  Op::Run run = nullptr;
  auto family = Op::Family::other;
  if (op.form) {
    run = moment_kernel(op);
    family = Op::Family::moment;
  } else if (op.from->type == Type::bytes && op.from->length == op.to->length) {
    run = run_kernel<Copy>;
  } else if (op.from->meaning == Meaning::plain && op.to->meaning == Meaning::plain) {
    family = op.from->type == Type::chars ? Op::Family::text : Op::Family::number;
    run = family == Op::Family::text ? text_kernel(op) : number_kernel(op);
  }
  if (!run) return;
  op.run = run;
  op.family = family;
}

bool cover(Op& op, Op& between) {
  if (op.family == Op::Family::other || op.family != between.family) return false;
  if (op.family == Op::Family::text) {
    if (!cover_text(op, between)) return false;
  } else {
    op.low = std::max(op.low, between.low);
    op.high = std::min(op.high, between.high);
    op.takes_null = op.takes_null && between.takes_null;
  }
  op.covered.push_back(std::move(between));
  return true;
}

}  // namespace dfi::records
