// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/codec.hpp"

#include <algorithm>

#include "messages/records.hpp"
#include "migrations/records/text.hpp"

namespace dfi::records {
namespace {

std::string hex(const Field& field, const char* bytes) { return hex_of({bytes, field.length}); }

bool is_text(const Field& field) { return field.type == Type::chars || field.type == Type::digits; }

Value decode_chars(const Field& field, const char* bytes) {
  const auto text = trim_right({bytes, field.length}, *field.page);
  if (is_utf8_page(*field.page) && valid_utf8(text) != text.size())
    throw Refused{FaultKind::bad_text, {msg::record_bad_text, {{"hex", hex_of(text.substr(valid_utf8(text)))}}}};
  return Value::of_text(text, field.page);
}

[[noreturn]] void refuse_date(const Codec& codec, std::string_view text) {
  throw Refused{FaultKind::bad_date,
                {msg::record_bad_date, {{"value", shown(text)}, {"form", std::string(codec.form->pattern)}}}};
}

/// What blanks mean: null, or zero (then true is returned).
bool blank_is_zero(const Field& field, const char* bytes) {
  const bool reads_as_null = field.nullable && (field.meaning != Meaning::plain || field.type == Type::digits);
  if (field.blank == Blank::null || reads_as_null) return false;
  if (field.blank == Blank::error) throw Refused{FaultKind::blank, {msg::record_blank, {{"hex", hex(field, bytes)}}}};
  return true;
}

/// The digits and separators of a date, as ASCII.
std::string moment_text(const Codec& codec, const char* bytes) {
  const auto& field = *codec.field;
  if (is_text(field)) return to_utf8(trim_right({bytes, field.length}, *field.page), *field.page);
  auto digits = std::string(decimal_text(decode_number(field, bytes), 0).view());
  const auto length = codec.form->pattern.size();
  return digits.size() < length ? digits.insert(0, length - digits.size(), '0') : digits;
}

Value decode_moment(const Codec& codec, const char* bytes) {
  const auto& field = *codec.field;
  const bool blank = is_blank_number(field, bytes);
  if (blank && !blank_is_zero(field, bytes)) return {};
  const auto text = blank ? std::string(codec.form->pattern.size(), '0') : moment_text(codec, bytes);
  const auto moment = parse_moment(*codec.form, field.window, text);
  if (moment) return Value::of_moment(field.meaning, *moment);
  // No form of a time gets here: its zeros are midnight.
  if (field.nullable && is_zero_moment(*codec.form, text)) return {};
  refuse_date(codec, text);
}

Value decode_value(const Codec& codec, const char* bytes) {
  const auto& field = *codec.field;
  if (field.meaning != Meaning::plain) return decode_moment(codec, bytes);
  if (field.type == Type::chars) return decode_chars(field, bytes);
  Value value;
  if (field.type == Type::bytes) {
    value.kind = Value::Kind::bytes;
    value.text = {bytes, field.length};
    return value;
  }
  const bool blank = is_blank_number(field, bytes);
  if (blank && !blank_is_zero(field, bytes)) return value;
  if (field.type != Type::floating) return Value::of_number(blank ? 0 : decode_number(field, bytes), field.scale);
  value.kind = Value::Kind::real;
  value.single = field.length == sizeof(float);
  value.real = blank ? 0 : decode_float(field, bytes);
  return value;
}

[[noreturn]] void refuse_target(FaultKind kind, Msg message, Args args) {
  throw Refused{kind, {message, std::move(args)}, nullptr, true};
}

[[noreturn]] void refuse_overflow(const Field& field, const std::string& value) {
  refuse_target(FaultKind::overflow, msg::record_overflow, {{"value", value}, {"type", type_text(field)}});
}

[[noreturn]] void refuse_decimals(const Field& field, const std::string& value) {
  refuse_target(FaultKind::lost_decimals, msg::record_lost_decimals, {{"value", value}, {"type", type_text(field)}});
}

void encode_null(const Field& field, char* bytes) {
  if (!field.nullable) refuse_target(FaultKind::null_value, msg::record_null_value, {});
  if (is_text(field))
    std::fill_n(bytes, field.length, static_cast<char>(field.page->blank));
  else if (field.type == Type::bytes || field.type == Type::floating)
    std::fill_n(bytes, field.length, '\0');
  else
    encode_number(field, 0, bytes);
}

void encode_moment(const Codec& codec, const Value& value, const Allowance& allowance, char* bytes) {
  const auto& field = *codec.field;
  char text[32];
  const auto flaw = write_moment(*codec.form, field.window, value.number, text);
  const std::string_view written(text, codec.form->pattern.size());
  if (flaw != MomentFlaw::none) {
    const auto pattern = value.kind == Value::Kind::timestamp ? "YYYY-MM-DD-HH.MM.SS.NNNNNN" : "";
    char exact[32];
    std::string shown_value(written);
    if (*pattern != '\0') {
      write_moment(*find_form(pattern), field.window, value.number, exact);
      shown_value.assign(exact, std::string_view(pattern).size());
    } else if (value.kind == Value::Kind::date) {
      write_moment(iso_form(Meaning::date), field.window, value.number, exact);
      shown_value.assign(exact, iso_form(Meaning::date).pattern.size());
    }
    const Args args = {{"value", shown_value}, {"type", std::string(codec.form->pattern)}};
    if (flaw == MomentFlaw::outside) refuse_target(FaultKind::overflow, msg::record_overflow, args);
    if (allowance.round == Allowance::Round::never)
      refuse_target(FaultKind::lost_decimals, msg::record_lost_decimals, args);
  }
  if (is_text(field)) return put_text(Value::of_utf8(written), *field.page, allowance, bytes, field.length);
  Int128 units = 0;
  for (const char digit : written) units = units * 10 + (digit - '0');
  encode_number(field, units, bytes);
}

Rounding rounding_of(const Allowance& allowance) {
  if (allowance.round == Allowance::Round::half_up) return Rounding::half_up;
  return allowance.round == Allowance::Round::down ? Rounding::down : Rounding::never;
}

bool same_number(const Decimal& a, const std::optional<Decimal>& b) {
  if (!b) return false;
  const auto scale = std::max(a.scale, b->scale);
  const auto left = rescale(a.units, a.scale, scale, Rounding::never);
  const auto right = rescale(b->units, b->scale, scale, Rounding::never);
  return !left.overflow && !right.overflow && left.units == right.units;
}

void encode_floating(const Field& field, const Value& value, const Allowance& allowance, char* bytes) {
  const bool rounds = allowance.round != Allowance::Round::never, single = field.length == sizeof(float);
  if (value.kind == Value::Kind::real) {
    if (!encode_float(field, value.real, bytes) && !rounds)
      refuse_decimals(field, text_of_float(value.real, value.single));
    return;
  }
  const Decimal decimal{value.number, value.scale};
  const auto nearest = float_of(decimal, single);
  if (!rounds && !same_number(decimal, decimal_of(nearest, single)))
    refuse_decimals(field, std::string(decimal_text(value.number, value.scale).view()));
  encode_float(field, nearest, bytes);
}

void encode_decimal(const Field& field, const Value& value, const Allowance& allowance, char* bytes) {
  Decimal decimal{value.number, value.scale};
  if (value.kind == Value::Kind::real) {
    const auto exact = decimal_of(value.real, value.single);
    if (!exact) refuse_overflow(field, text_of_float(value.real, value.single));
    decimal = *exact;
  }
  const auto scaled = rescale(decimal.units, decimal.scale, field.scale, rounding_of(allowance));
  const auto text = [&] { return std::string(decimal_text(decimal.units, decimal.scale).view()); };
  if (scaled.lost) refuse_decimals(field, text());
  if (scaled.overflow || !encode_number(field, scaled.units, bytes)) refuse_overflow(field, text());
}

void encode_bytes(const Field& field, const Value& value, const Allowance& allowance, char* bytes) {
  auto carried = value.text;
  if (carried.size() > field.length) {
    const auto cut = carried.substr(field.length);
    const bool padding = std::all_of(cut.begin(), cut.end(), [](char c) { return c == '\0' || c == ' ' || c == 0x40; });
    if (!padding && !allowance.truncate)
      refuse_target(FaultKind::truncated, msg::record_truncated,
                    {{"value", hex_of(carried)}, {"length", std::to_string(field.length)}});
    carried = carried.substr(0, field.length);
  }
  std::fill(std::copy(carried.begin(), carried.end(), bytes), bytes + field.length, '\0');
}

}  // namespace

bool is_blank_number(const Field& field, const char* bytes) {
  if (is_text(field)) return trim_right({bytes, field.length}, *field.page).empty();
  // Every pattern of bits is a number here.
  const bool any_bytes = field.type == Type::binary || field.type == Type::floating;
  if (any_bytes && field.blank == Blank::error) return false;
  if (bytes[0] != 0x40 && bytes[0] != 0x20 && bytes[0] != 0) return false;
  return std::all_of(bytes, bytes + field.length, [&](char byte) { return byte == bytes[0]; });
}

Value decode(const Codec& codec, const char* bytes) {
  try {
    return decode_value(codec, bytes);
  } catch (Refused& refused) {
    refused.field = codec.field;
    throw;
  }
}

void encode(const Codec& codec, const Value& value, const Allowance& allowance, char* bytes) {
  const auto& field = *codec.field;
  if (value.kind == Value::Kind::null) return encode_null(field, bytes);
  if (field.meaning != Meaning::plain) return encode_moment(codec, value, allowance, bytes);
  if (field.type == Type::chars) return put_text(value, *field.page, allowance, bytes, field.length);
  if (field.type == Type::bytes) return encode_bytes(field, value, allowance, bytes);
  if (field.type == Type::floating) return encode_floating(field, value, allowance, bytes);
  encode_decimal(field, value, allowance, bytes);
}

}  // namespace dfi::records
