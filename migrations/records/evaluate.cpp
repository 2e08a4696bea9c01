// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "messages/records.hpp"
#include "migrations/records/expression.hpp"
#include "migrations/records/text.hpp"

namespace dfi::records {
namespace {

using Op = Expression::Op;
using Kind = Value::Kind;

[[noreturn]] void refuse(FaultKind kind, Msg message, Args args) { throw Refused{kind, {message, std::move(args)}}; }

/// Upper or lower case of the letters of ASCII and Latin-1 that have both in Latin-1.
char32_t change_case(char32_t c, bool up) {
  const auto within = [c](char32_t first, char32_t last, char32_t not_this) {
    return c >= first && c <= last && c != not_this;
  };
  if (up && (within('a', 'z', 0) || within(0xE0, 0xFE, 0xF7))) return c - 0x20;
  if (!up && (within('A', 'Z', 0) || within(0xC0, 0xDE, 0xD7))) return c + 0x20;
  return c;
}

Value recased(const Value& text, bool up, Arena& arena) {
  auto rest = to_utf8(text, arena);
  char* const out = arena.take(rest.size());
  std::size_t used = 0;
  while (!rest.empty())
    used += put_utf8(change_case(next_character(rest, *find_code_page(ccsid_utf8)), up), out + used);
  return Value::of_utf8({out, used});
}

Value substr(const Expression& call, const Value& text) {
  auto rest = text.text;
  for (std::size_t i = 0; i < call.from && !rest.empty(); ++i) next_character(rest, *text.page);
  const auto start = rest;
  for (std::size_t i = 0; i < call.length && !rest.empty(); ++i) next_character(rest, *text.page);
  return Value::of_text(start.substr(0, start.size() - rest.size()), text.page);
}

Value concat(const Expression& call, const Scope& scope) {
  std::string joined;
  for (const auto& arg : call.args) joined += utf8_text(evaluate(arg, scope), *scope.arena);
  return Value::of_utf8(scope.arena->keep(joined));
}

Value pad(const Expression& call, const Value& value, Arena& arena) {
  const auto text = utf8_text(value, arena);
  std::size_t characters = 0;
  for (auto rest = text; !rest.empty(); ++characters) next_character(rest, *find_code_page(ccsid_utf8));
  std::string padded;
  for (; characters < call.length; ++characters) padded += call.text;
  return Value::of_utf8(arena.keep(padded.append(text)));
}

Value number(const Value& value) {
  const auto text = to_utf8(trim_both(value.text, *value.page), *value.page);
  if (text.empty()) return {};
  const auto parsed = parse_number(text);
  if (parsed.flaw != NumberFlaw::none)
    refuse(FaultKind::bad_digit, msg::record_no_number, {{"value", shown(text)}, {"type", "number"}});
  return Value::of_number(parsed.value.units, parsed.value.scale);
}

Value text(const Expression& call, const Value& value, Arena& arena) {
  if (!call.form) return Value::of_utf8(utf8_text(value, arena));
  const auto length = call.form->pattern.size();
  char* const out = arena.take(length);
  const auto flaw = write_moment(*call.form, call.window, value.number, out);
  const auto args = [&] {
    return Args{{"value", std::string(utf8_text(value, arena))}, {"type", std::string(call.form->pattern)}};
  };
  if (flaw == MomentFlaw::outside) refuse(FaultKind::overflow, msg::record_overflow, args());
  if (flaw == MomentFlaw::fraction) refuse(FaultKind::lost_decimals, msg::record_lost_decimals, args());
  return Value::of_utf8({out, length});
}

/// A number or text that is a date. Blank and zero are null, but zero of a time is midnight.
Value moment(const Expression& call, const Value& value) {
  std::string written;
  const auto length = call.form->pattern.size();
  if (value.kind == Kind::number) {
    const auto whole = rescale(value.number, value.scale, 0, Rounding::never);
    written = decimal_text(whole.lost ? value.number : whole.units, whole.lost ? value.scale : 0).view();
    if (written.size() < length && value.number >= 0) written.insert(0, length - written.size(), '0');
  } else {
    written = to_utf8(trim_both(value.text, *value.page), *value.page);
    if (written.empty()) return {};
  }
  if (const auto parsed = parse_moment(*call.form, call.window, written))
    return Value::of_moment(call.form->meaning, *parsed);
  if (is_zero_moment(*call.form, written)) return {};
  refuse(FaultKind::bad_date, msg::record_bad_date,
         {{"value", shown(written)}, {"form", std::string(call.form->pattern)}});
}

Value lookup(const Expression& call, const Scope& scope) {
  const auto& utf8 = *find_code_page(ccsid_utf8);
  const auto wanted = trim_right(utf8_text(evaluate(call.args[0], scope), *scope.arena), utf8);
  std::size_t i = 1;
  for (; i + 1 < call.args.size(); i += 2) {
    const auto candidate = evaluate(call.args[i], scope);
    if (trim_right(utf8_text(candidate, *scope.arena), utf8) == wanted) return evaluate(call.args[i + 1], scope);
  }
  if (i < call.args.size()) return evaluate(call.args[i], scope);
  refuse(FaultKind::no_counterpart, msg::record_no_counterpart, {{"value", shown(wanted)}});
}

Value join(const Value& date, const Value& time) {
  if (date.kind == Kind::null) return {};
  const Int128 micros = time.kind == Kind::null ? 0 : time.number;
  return Value::of_moment(Meaning::timestamp, date.number * day_factor + micros);
}

/// A function of one value; null stays null.
Value apply(const Expression& call, const Value& value, Arena& arena) {
  if (value.kind == Kind::null) return value;
  switch (call.op) {
    case Op::trim: return Value::of_text(trim_both(value.text, *value.page), value.page);
    case Op::upper:
    case Op::lower: return recased(value, call.op == Op::upper, arena);
    case Op::substr: return substr(call, value);
    case Op::pad: return pad(call, value, arena);
    case Op::number: return number(value);
    case Op::text: return text(call, value, arena);
    case Op::moment: return moment(call, value);
    case Op::dateof: return Value::of_moment(Meaning::date, value.number / day_factor);
    case Op::timeof: return Value::of_moment(Meaning::time, value.number % day_factor);
    default: return Value::of_number(value.number, 0);  // unscaled
  }
}

}  // namespace

std::string_view utf8_text(const Value& value, Arena& arena) {
  switch (value.kind) {
    case Kind::text: return to_utf8(value, arena);
    case Kind::number: return arena.keep(decimal_text(value.number, value.scale).view());
    case Kind::real: return arena.keep(text_of_float(value.real, value.single));
    case Kind::date:
    case Kind::time:
    case Kind::timestamp: {
      const auto& form = iso_form(value.kind == Kind::date   ? Meaning::date
                                  : value.kind == Kind::time ? Meaning::time
                                                             : Meaning::timestamp);
      std::string text(form.pattern.size(), ' ');
      if (write_moment(form, 0, value.number, text.data()) == MomentFlaw::fraction)
        text += fmt::format(".{:06}", static_cast<int>(value.number % 1'000'000));
      return arena.keep(text);
    }
    default: return {};
  }
}

bool is_true(const Value& value) {
  if (value.kind == Kind::null) return false;
  if (value.kind == Kind::number) return value.number != 0;
  if (value.kind == Kind::real) return value.real < 0 || value.real > 0;
  if (value.kind == Kind::text) return !trim_right(value.text, *value.page).empty();
  return true;
}

Value evaluate(const Expression& expression, const Scope& scope) {
  switch (expression.op) {
    case Op::field: return read(scope, scope.fields[expression.field]);
    case Op::constant:
      return expression.type == Kind::number ? Value::of_number(expression.units, expression.scale)
                                             : Value::of_utf8(expression.text);
    case Op::first_not_null: {
      const auto value = evaluate(expression.args[0], scope);
      return value.kind == Kind::null ? evaluate(expression.args[1], scope) : value;
    }
    case Op::concat: return concat(expression, scope);
    case Op::lookup: return lookup(expression, scope);
    case Op::condition: return evaluate(expression.args[is_true(evaluate(expression.args[0], scope)) ? 1 : 2], scope);
    case Op::join: {
      const auto date = evaluate(expression.args[0], scope);
      return join(date, evaluate(expression.args[1], scope));
    }
    default: return apply(expression, evaluate(expression.args[0], scope), *scope.arena);
  }
}

}  // namespace dfi::records
