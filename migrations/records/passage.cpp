// SPDX-License-Identifier: Apache-2.0
// What becomes of a value that goes through a field of a level between.
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

bool is_decimal(const Field& field) {
  return field.type == Type::packed || field.type == Type::zoned || field.type == Type::binary ||
         field.type == Type::digits;
}

bool is_plain_allowance(const Allowance& allowance) {
  return !allowance.truncate && allowance.round == Allowance::Round::never && !allowance.unmappable;
}

/// The number as which the function `date` or `time` reads a field, if it reads all of them so.
bool is_moment_number(const Field& field) {
  const bool is_number = field.type == Type::packed || field.type == Type::zoned || field.type == Type::binary;
  return is_number && field.meaning == Meaning::plain && field.scale == 0 && field.blank == Blank::error;
}

}  // namespace

bool can_be_wrong(const Field& field) {
  if (field.meaning != Meaning::plain) return true;
  if (field.type == Type::chars) return is_utf8_page(*field.page);
  return field.type != Type::bytes && field.type != Type::binary && field.type != Type::floating;
}

bool preserves(const Field& from, const Field& to) {
  if (from.type != to.type || from.meaning != to.meaning || from.form != to.form || from.scale != to.scale)
    return false;
  // Digits stand in every page, and the same number is written with those of either.
  if (from.page != to.page && from.type == Type::chars && from.meaning == Meaning::plain) return false;
  if (from.window != to.window) return false;
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

std::optional<Field> carried(const Field& from, const Target& target) {
  const auto& to = *target.codec->field;
  auto value = from;
  if (target.expression.op == Expression::Op::moment) {
    if (!is_moment_number(from)) return std::nullopt;
    value.meaning = target.expression.form->meaning;
    value.form = target.expression.form->pattern;
    value.window = target.expression.window;
    value.nullable = true;
  }
  if (!is_plain_allowance(target.allowance) || value.meaning != to.meaning) return std::nullopt;
  if (can_be_null(value) && to.nullable && !keeps_null(to)) return std::nullopt;
  if (to.type == Type::binary && to.blank != Blank::error) return std::nullopt;
  if (to.meaning != Meaning::plain) return value;
  const bool text = value.type == Type::chars && to.type == Type::chars;
  const bool number = is_decimal(value) && is_decimal(to) && value.scale == to.scale;
  return text || number ? std::optional(value) : std::nullopt;
}

}  // namespace dfi::records
