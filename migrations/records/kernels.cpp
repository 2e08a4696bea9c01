// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/kernels.hpp"

#include <algorithm>
#include <cstring>

namespace dfi::records {
namespace {

bool run_copy(const Op& op, const Lane& lane) {
  std::memcpy(out_bytes(op, lane), in_bytes(op, lane), op.to->length);
  return true;
}

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

}  // namespace

bool run_general(const Op& op, const Lane& lane) {
  for (const auto& between : op.covered)
    if (!between.run(between, lane)) return false;
  try {
    const Scope scope{op.fields, lane.read, lane.arena};
    encode(*op.target->codec, evaluate(op.target->expression, scope), op.target->allowance,
           lane.write[op.level] + op.target->codec->field->offset);
    return true;
  } catch (const Refused&) {
    return false;
  }
}

bool run_check(const Op& op, const Lane& lane) {
  const char* const bytes = in_bytes(op, lane);
  std::int64_t units = 0;
  if (op.read && op.read(*op.from, bytes, units)) return true;
  try {
    decode(*op.source.codec, bytes);
    return true;
  } catch (const Refused&) {
    return false;
  }
}

bool run_constant(const Op& op, const Lane& lane) {
  std::memcpy(lane.write[op.level] + op.offset, op.bytes.data(), op.bytes.size());
  return true;
}

void choose_kernel(Op& op) {
  op.run = run_general;
  if (!take_source(op)) return;
  Op::Run run = nullptr;
  auto family = Op::Family::other;
  if (op.form) {
    run = moment_kernel(op);
    family = Op::Family::moment;
  } else if (op.from->type == Type::bytes && op.from->length == op.to->length) {
    run = run_copy;
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
