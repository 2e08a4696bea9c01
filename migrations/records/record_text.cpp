// SPDX-License-Identifier: Apache-2.0
// Records from texts and back.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "migrations/records/compiled.hpp"
#include "migrations/records/hex.hpp"
#include "migrations/records/text.hpp"

namespace dfi::records {
namespace {

[[noreturn]] void fail(const Field& field, const std::string& why) {
  throw std::invalid_argument(fmt::format("{}: {}", field.name, why));
}

Value number_of(const Field& field, const std::string& text) {
  const auto number = parse_number(text);
  if (number.flaw != NumberFlaw::none) fail(field, "'" + text + "' is no number");
  return Value::of_number(number.value.units, number.value.scale);
}

Value moment_of(const Field& field, const std::string& text) {
  const auto& iso = iso_form(field.meaning);
  auto moment = parse_moment(iso, field.window, std::string_view(text).substr(0, iso.pattern.size()));
  const auto rest = text.substr(std::min(text.size(), iso.pattern.size()));
  if (moment && !rest.empty()) {
    const bool micros = field.meaning != Meaning::date && rest.size() == 7 && rest[0] == '.' &&
                        std::all_of(rest.begin() + 1, rest.end(), [](char c) { return c >= '0' && c <= '9'; });
    moment = micros ? std::optional<Int128>(*moment + std::stoi(rest.substr(1))) : std::nullopt;
  }
  if (!moment) fail(field, "'" + text + "' is not valid");
  return Value::of_moment(field.meaning, *moment);
}

/// Bytes are written X'00FF'.
std::string parse_hex(const Field& field, const std::string& text) {
  if (text.size() < 3 || text.compare(0, 2, "X'") != 0 || text.back() != '\'' || text.size() % 2 == 0)
    fail(field, "bytes are written X'00FF'");
  std::string bytes;
  const auto digit = [&](char c) {
    const std::string_view digits = "0123456789ABCDEF";
    if (digits.find(c) == digits.npos) fail(field, "bytes are written X'00FF'");
    return static_cast<unsigned>(digits.find(c));
  };
  for (std::size_t i = 2; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1]));
  return bytes;
}

std::string hex_literal(std::string_view bytes) { return "X'" + to_hex(bytes) + "'"; }

Value bytes_of(std::string_view bytes) {
  Value value;
  value.kind = Value::Kind::bytes;
  value.text = bytes;
  return value;
}

/// `bytes` holds what the value is a view of.
Value value_of(const Field& field, const std::string& text, std::string& bytes) {
  const auto kind = kind_of(field);
  if (text.empty() && field.nullable && kind != Value::Kind::text && kind != Value::Kind::bytes) return {};
  if (field.meaning != Meaning::plain) return moment_of(field, text);
  if (field.type == Type::bytes) return bytes_of(bytes = parse_hex(field, text));
  if (field.type != Type::chars) return number_of(field, text);
  if (valid_utf8(text) != text.size()) fail(field, "the text is not UTF-8");
  return Value::of_utf8(text);
}

/// Zero, blank, null; a date that cannot be null is the first its window knows.
Value missing_value(const Field& field) {
  if (field.meaning == Meaning::time) return Value::of_moment(Meaning::time, 0);
  if (field.meaning != Meaning::plain) {
    if (field.nullable) return {};
    const Int128 date = field.window * 10000 + 101;
    return Value::of_moment(field.meaning, field.meaning == Meaning::date ? date : date * day_factor);
  }
  if (field.type == Type::chars) return Value::of_utf8("");
  return field.type == Type::bytes ? bytes_of("") : Value::of_number(0, 0);
}

/// What cannot be read is shown as the bytes it is.
std::string text_of(const Field& field, const char* bytes) {
  try {
    const auto value = decode(Codec(field), bytes);
    if (value.kind == Value::Kind::bytes) return hex_literal(value.text);
    Arena arena;
    return std::string(utf8_text(value, arena));
  } catch (const Refused&) {
    return hex_literal({bytes, field.length});
  }
}

}  // namespace

std::string make_record(const RecordFormat& format, const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [name, text] : values)
    if (!format.find(name)) throw std::invalid_argument(name + ": no such field");
  std::string record(format.length, '\0');
  for (const auto& field : format.fields) {
    const auto given =
        std::find_if(values.begin(), values.end(), [&](const auto& each) { return each.first == field.name; });
    std::string bytes;
    try {
      const auto value = given == values.end() ? missing_value(field) : value_of(field, given->second, bytes);
      encode(Codec(field), value, Allowance{}, record.data() + field.offset);
    } catch (const Refused& refused) {
      fail(field, text(refused.reason, Language::english));
    }
  }
  const auto end = end_of(format);
  return record.replace(format.length - end.size(), end.size(), end);
}

std::vector<std::pair<std::string, std::string>> read_record(const RecordFormat& format, std::string_view record) {
  if (record.size() != format.length) throw std::invalid_argument("the record has not the length of its format");
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto& field : format.fields) values.emplace_back(field.name, text_of(field, record.data() + field.offset));
  return values;
}

}  // namespace dfi::records
