// SPDX-License-Identifier: Apache-2.0
#include "tests/records/random_formats.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dfi::records {
namespace {

constexpr int pages[] = {37, 273, 500, 1140, 1141, 1148, 819, 1208};

}  // namespace

std::string Generator::number_type() {
  const auto digits = one_in(6) ? 19 + below(13) : 1 + below(18);
  const auto scale = one_in(2) ? below(std::min<std::size_t>(digits, 4) + 1) : 0;
  static constexpr int lengths[] = {1, 2, 4, 8};
  std::string type;
  switch (below(5)) {
    case 0:
    case 1: type = fmt::format("packed({},{}){}", digits, scale, one_in(4) ? " unsigned" : ""); break;
    case 2: type = fmt::format("zoned({},{}){}", digits, scale, one_in(4) ? " unsigned" : ""); break;
    case 3:
      type = fmt::format("binary({}){}{}{}", lengths[below(4)], one_in(4) ? " unsigned" : "",
                         one_in(4) ? " little" : "", scale == 0 ? "" : fmt::format(" scale={}", scale));
      break;
    default: type = fmt::format("text({},{}) number", digits + 3, scale);
  }
  if (one_in(4)) type += one_in(2) ? " blank=zero" : " blank=null";
  return type;
}

std::string Generator::date_type() {
  static constexpr const char* types[] = {"date iso",
                                          "zoned(8) date=YYYYMMDD",
                                          "packed(8) date=YYYYMMDD",
                                          "packed(7) date=CYYMMDD",
                                          "zoned(6) date=YYMMDD",
                                          "packed(9) date=DDMMYYYY",
                                          "char(10) date=DD.MM.YYYY",
                                          "binary(4) date=YYYYMMDD",
                                          "char(8) date=YYYYMMDD",
                                          "zoned(6) date=DDMMYY window=1970"};
  return types[below(std::size(types))];
}

std::string Generator::type_line(const std::string& name, Value::Kind kind) {
  static constexpr const char* times[] = {"time iso", "packed(6) time=HHMMSS", "zoned(6) time=HHMMSS",
                                          "char(8) time=HH.MM.SS"};
  static constexpr const char* timestamps[] = {"timestamp iso", "zoned(14) timestamp=YYYYMMDDHHMMSS",
                                               "char(26) timestamp=YYYY-MM-DD-HH.MM.SS.NNNNNN"};
  std::string type;
  switch (kind) {
    case Value::Kind::text: type = fmt::format("char({})", 1 + below(40)); break;
    case Value::Kind::bytes: type = fmt::format("reserved({})", 1 + below(4)); break;
    case Value::Kind::real: type = one_in(2) ? "float(8)" : "float(4) little"; break;
    case Value::Kind::date: type = date_type(); break;
    case Value::Kind::time: type = times[below(std::size(times))]; break;
    case Value::Kind::timestamp: type = timestamps[below(std::size(timestamps))]; break;
    default: type = number_type();
  }
  const bool moment = kind == Value::Kind::date || kind == Value::Kind::time || kind == Value::Kind::timestamp;
  if (moment && one_in(5)) type += " blank=null";
  if (one_in(3)) type += " nullable";
  if (kind == Value::Kind::text && one_in(4)) type += fmt::format(" ccsid={}", pages[below(std::size(pages))]);
  return fmt::format("{} {}\n", name, type);
}

Format Generator::format() {
  static constexpr Value::Kind kinds[] = {Value::Kind::text,      Value::Kind::text,  Value::Kind::number,
                                          Value::Kind::number,    Value::Kind::date,  Value::Kind::time,
                                          Value::Kind::timestamp, Value::Kind::bytes, Value::Kind::real};
  std::string lines;
  for (auto fields = 1 + below(8); fields > 0; --fields)
    lines += type_line(fmt::format("F{}", names_++), kinds[below(std::size(kinds))]);
  return remember(make_format(1, lines, pages[below(std::size(pages))], one_in(3) ? Ends::lf : Ends::none), lines);
}

Format Generator::remember(const Format& format, const std::string& lines) {
  std::size_t start = 0;
  while (start < lines.size()) {
    const auto end = lines.find('\n', start) + 1;
    const auto line = lines.substr(start, end - start);
    lines_[format.get()][line.substr(0, line.find(' '))] = line;
    start = end;
  }
  return format;
}

/// How a field of another level is made of one of this type.
std::string Generator::expression(const Field& from, Value::Kind wanted) {
  const auto kind = kind_of(from);
  const auto& name = from.name;
  if (kind == wanted && kind == Value::Kind::text && one_in(2)) {
    static constexpr const char* functions[] = {"trim({})",
                                                "upper({})",
                                                "lower({})",
                                                "substr({}, 2, 9)",
                                                "concat({}, '/', {})",
                                                "if({}, {}, 'ß')",
                                                "lookup({}, 'A', 'B', {})"};
    return fmt::format(fmt::runtime(functions[below(std::size(functions))]), name, name);
  }
  if (kind == wanted && kind == Value::Kind::number && one_in(6)) return fmt::format("default({}, 7)", name);
  if (kind == wanted) return name;
  if (wanted == Value::Kind::text && kind != Value::Kind::bytes)
    return kind == Value::Kind::number && one_in(2) ? fmt::format("pad({}, 7, '0')", name)
                                                    : fmt::format("text({})", name);
  if (wanted == Value::Kind::number && kind == Value::Kind::text) return fmt::format("number({})", name);
  if (wanted == Value::Kind::real && kind == Value::Kind::number) return name;
  if (wanted == Value::Kind::date && kind == Value::Kind::timestamp) return fmt::format("dateof({})", name);
  if (wanted == Value::Kind::date && kind == Value::Kind::number) return fmt::format("date({}, 'YYYYMMDD')", name);
  return "";
}

Step Generator::step(const Format& from, int level) {
  std::string lines;
  std::vector<Assignment> map;
  std::vector<std::string> drop;
  std::vector<Allowance> allow;
  for (const auto& field : from->fields) {
    // To most fields nothing happens.
    auto kind = kind_of(field);
    const bool other_type = restless_ ? !one_in(4) : one_in(4);
    if (one_in(9) && from->fields.size() > drop.size() + 1) {
      drop.push_back(field.name);
      continue;
    }
    if (restless_ && kind == Value::Kind::number && field.scale == 0 && one_in(3)) kind = Value::Kind::date;
    if (!restless_ && other_type && one_in(3)) kind = one_in(2) ? Value::Kind::text : Value::Kind::number;
    auto made = expression(field, kind);
    if (made.empty()) kind = kind_of(field), made = field.name;
    if (other_type) {
      const auto name = one_in(2) ? field.name : fmt::format("F{}", names_++);
      lines += type_line(name, kind);
      if (made != name) map.push_back({name, made});
      if (one_in(restless_ ? 9 : 3))
        allow.push_back({name, one_in(2), one_in(2) ? Allowance::Round::half_up : Allowance::Round::down, U'?'});
      if (kind != Value::Kind::text && !allow.empty()) allow.back().unmappable.reset();
    } else {
      lines += lines_.at(from.get()).at(field.name);
    }
  }
  if (one_in(3)) {
    const auto name = fmt::format("F{}", names_++);
    lines += fmt::format("{} char(3)\n", name);
    map.push_back({name, "default('neu')"});
  }
  if (lines.empty()) lines = "F char(1)\n", map.push_back({"F", "default('x')"});
  const int ccsid = one_in(3) ? pages[below(std::size(pages))] : from->ccsid;
  auto step = make_step(from, remember(make_format(level, lines, ccsid, from->ends), lines), map);
  step.drop = drop;
  step.allow = allow;
  declare(step);
  return step;
}

/// Sums of numbers that keep their names, and a unique key.
void Generator::declare(Step& step) {
  for (const auto& field : step.from->fields) {
    const auto* to = step.to->find(field.name);
    if (to && kind_of(field) == Value::Kind::number && kind_of(*to) == Value::Kind::number && one_in(2))
      step.sums.push_back(field.name);
  }
  if (one_in(2)) step.unique.push_back(step.to->fields[below(step.to->fields.size())].name);
}

std::vector<Step> Generator::chain(const Format& first, std::size_t steps) {
  std::vector<Step> chain;
  auto from = first;
  for (std::size_t i = 0; i < steps; ++i) {
    chain.push_back(step(from, static_cast<int>(i) + 2));
    from = chain.back().to;
  }
  return chain;
}

std::string Generator::number_text(int digits, int scale, bool negative) {
  std::string text(static_cast<std::size_t>(digits), '0');
  for (auto& digit : text)
    if (!one_in(3)) digit = static_cast<char>('0' + below(10));
  // Small numbers are the usual ones.
  if (!one_in(3)) std::fill_n(text.begin(), below(text.size()), '0');
  if (scale > 0) text.insert(text.size() - static_cast<std::size_t>(scale), 1, '.');
  if (text[0] == '.') text.insert(0, 1, '0');
  return negative ? "-" + text : text;
}

std::string Generator::value_of(const Field& field) {
  static constexpr const char* characters[] = {"a", "B", "ü", "ß", "Ö", " ", "1", "é", "A", "7", "€", "z"};
  switch (kind_of(field)) {
    case Value::Kind::date: return fmt::format("{}-{:02}-{:02}", 1970 + below(68), 1 + below(12), 1 + below(28));
    case Value::Kind::time: return fmt::format("{:02}:{:02}:{:02}", below(24), below(60), below(60));
    case Value::Kind::timestamp:
      return fmt::format("{}-02-{:02}T{:02}:59:00", 1900 + below(200), 1 + below(28), below(24));
    case Value::Kind::real: return fmt::format("{}", static_cast<int>(below(20001)) - 10000);
    case Value::Kind::text: {
      std::string text;
      for (auto left = below(field.length + 1); left > 0; --left) text += characters[below(one_in(3) ? 12 : 2)];
      return text;
    }
    default: break;
  }
  // Some numbers are dates, so that one can be made of them.
  const bool holds_date = field.type != Type::binary && field.scale == 0 && field.digits >= 8;
  if (restless_ && holds_date && one_in(2))
    return fmt::format("{}{:02}{:02}", 1935 + below(120), 1 + below(12), 1 + below(28));
  if (field.type == Type::bytes) return fmt::format("X'{:0{}X}'", below(100), 2 * field.length);
  static constexpr int binary_digits[] = {0, 2, 4, 0, 9, 0, 0, 0, 18};
  const int digits = field.type == Type::binary   ? binary_digits[field.length]
                     : field.type == Type::digits ? std::max(1, std::min(field.digits - 2, 28))
                                                  : field.digits;
  return number_text(std::max(digits, field.scale), field.scale, field.is_signed && one_in(3));
}

std::string Generator::record(const RecordFormat& format) {
  Values values;
  for (const auto& field : format.fields) {
    if (one_in(8)) continue;
    auto value = value_of(field);
    try {
      make_record(format, {{field.name, value}});
      values.emplace_back(field.name, std::move(value));
    } catch (const std::invalid_argument&) {
      // Too wide in this code page, or a character it does not have: the field stays zero or blank.
    }
  }
  return make_record(format, values);
}

void Generator::soil(const RecordFormat& format, std::string& record) {
  // Bytes that are something in one type or page and nothing, or a border, in another.
  static constexpr unsigned char dirt[] = {0x40, 0x20, 0x00, 0x0F, 0x0C, 0x0D, 0xFF,
                                           0xFF, 0xC3, 0xD5, 0x9F, 0x1A, 0xF1};
  for (auto times = 1 + below(3); times > 0; --times) {
    const auto& field = format.fields[below(format.fields.size())];
    const auto byte = static_cast<char>(one_in(3) ? below(256) : dirt[below(std::size(dirt))]);
    if (one_in(2))
      record.replace(field.offset, field.length, field.length, byte);
    else
      record[field.offset + below(field.length)] = byte;
  }
  if (one_in(20)) record.back() = 'x';
}

}  // namespace dfi::records
