// SPDX-License-Identifier: Apache-2.0
// Field blocks and expressions of any text, and records of any bytes.
#include <algorithm>
#include <memory>

#include "migrations/records/expression.hpp"
#include "migrations/records/field_line.hpp"
#include "migrations/records/program.hpp"
#include "tests/fuzz/properties.hpp"

namespace faxmail::fuzz {
namespace {

using namespace dfi::records;
using Format = std::shared_ptr<const RecordFormat>;

/// A format of the length its fields need. Throws Malformed.
Format format_of(int level, const std::string& fields, int ccsid) {
  constexpr std::size_t longest = 4096;
  auto format = std::make_shared<RecordFormat>();
  format->level = level;
  format->ccsid = ccsid;
  std::size_t start = 0;
  while (start <= fields.size()) {
    const auto end = std::min(fields.find('\n', start), fields.size());
    if (const auto field = parse_field_line(fields.substr(start, end - start), ccsid, 1))
      format->length += field->length * field->occurs;
    start = end + 1;
    if (format->length > longest) throw Malformed(1, "longer than a fuzzer has time for");
  }
  parse_fields(fields, *format);
  return format;
}

void holds_for_format(const RecordFormat& format) {
  std::size_t offset = 0;
  for (const auto& field : format.fields) {
    holds(field.offset == offset && field.length > 0, "fields stand behind each other");
    offset += field.length;
  }
  holds(offset == format.length, "fields fill the record");
  try {
    const auto record = make_record(format, {});
    holds(record.size() == format.length, "a record has its length");
    holds(read_record(format, record).size() == format.fields.size(), "each field has a text");
  } catch (const std::invalid_argument&) {
    // A window in which the form of a date has no year.
  }
}

/// Whatever type the value has, a field of one of these takes it.
void holds_for_expression(const Format& from, const std::string& expression, std::string record) {
  static constexpr const char* targets[] = {
      "T char(20)",    "T packed(31,9)",          "T float(8)", "T date iso nullable", "T time iso nullable",
      "T reserved(2)", "T timestamp iso nullable"};
  record.resize(from->length, '\x40');
  for (const char* target : targets) try {
      Step step;
      step.from = from;
      step.to = format_of(from->level + 1, target, 1208);
      step.map = {{"T", expression, 1}};
      for (const auto& field : from->fields) step.drop.push_back(field.name);
      const auto program = Program::compile({step});
      Desk desk(program);
      std::string out(program.output_length(), '?');
      if (!program.convert(desk, record.data(), out.data()))
        holds(!text(desk.fault().reason, dfi::Language::german).empty(), "a reason");
    } catch (const Malformed&) {
    }
}

Step step_between(const Format& from, const Format& to, std::vector<Assignment> map) {
  Step step;
  step.from = from;
  step.to = to;
  step.map = std::move(map);
  if (to && to->level == 3) step.drop = {"RAW"};
  return step;
}

/// Three steps with every type and the usual functions.
std::vector<Step> chain() {
  const auto one =
      format_of(1,
                "ID packed(9)\nDAY zoned(8)\nDATE packed(6) date=YYMMDD nullable\nNAME char(12)\nNUM binary(4)\n"
                "COST packed(9,2) blank=zero\nTXT text(8,2) number\nU char(6) ccsid=1208\nF float(8)\nRAW reserved(2)",
                273);
  const auto two =
      format_of(2,
                "ID packed(9)\nDAY zoned(8)\nDATE packed(7) date=CYYMMDD nullable\nNAME char(10)\nNUM packed(8)\n"
                "COST zoned(8,1)\nTXT text(8,2) number\nU char(9)\nF float(4)\nRAW reserved(2)",
                1141);
  const auto three =
      format_of(3,
                "ID text(10) number\nDAY date iso nullable\nDATE date iso nullable\nNAME char(14)\nNUM binary(2)\n"
                "COST text(9,1) number\nTXT packed(9,2)\nU char(6)\nF float(8)",
                1208);
  auto first = step_between(one, two, {});
  first.allow = {{"COST", false, Allowance::Round::half_up, {}, false},
                 {"NAME", true, Allowance::Round::never, {}, false}};
  first.sums = {"ID"};
  auto second = step_between(two, three, {{"DAY", "date(DAY, 'YYYYMMDD')", 1}, {"NAME", "upper(trim(NAME))", 1}});
  second.unique = {"ID"};
  return {first, second};
}

struct Result {
  std::string bytes;
  std::string refusal;
  bool operator==(const Result&) const = default;
};

Result run(const Program& program, const std::string& record, std::size_t first_step) {
  Desk desk(program);
  Result result{std::string(program.output_length(), '?'), ""};
  if (program.convert(desk, record.data(), result.bytes.data())) return result;
  const auto& fault = desk.fault();
  return {"", std::string(fault_name(fault.kind)) + fault.field + std::to_string(first_step + fault.step)};
}

}  // namespace

void definitions(std::string_view input) {
  const auto split = std::min(input.find('\xff'), input.size());
  const auto next = std::min(input.find('\xff', std::min(split + 1, input.size())), input.size());
  try {
    const auto format = format_of(1, std::string(input.substr(0, split)), 273);
    holds_for_format(*format);
    if (split == input.size()) return;
    const std::string expression(input.substr(split + 1, next - split - 1));
    holds_for_expression(format, expression, std::string(input.substr(next)));
  } catch (const Malformed& malformed) {
    holds(malformed.line >= 1 && *malformed.what() != '\0', "a slip has a line and a reason");
  }
}

void records(std::string_view input) {
  static const auto steps = chain();
  static const auto fused = Program::compile(steps), first = Program::compile({steps[0]}),
                    second = Program::compile({steps[1]});
  std::string record(input.substr(0, fused.input_length()));
  record.resize(fused.input_length(), '\x40');
  auto stepwise = run(first, record, 0);
  if (stepwise.refusal.empty()) stepwise = run(second, stepwise.bytes, 1);
  holds(run(fused, record, 0) == stepwise, "a fused program gives what its steps give");
  holds(read_record(*steps[0].from, record).size() == steps[0].from->fields.size(), "each field has a text");
}

}  // namespace faxmail::fuzz
